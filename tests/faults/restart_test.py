#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""restart_test.py - PostgreSQL is restarted and killed while tills work; shop.py says what holds.

  restart_test.py HABITUE_PROGRAM [--rounds N] [--tills T]

A fast and an immediate restart, SIGKILL of the server and start, SIGKILL of one of its processes
(all others are ended by that) and the end of all sessions, each under load; and SIGKILL while
nobody asks for anything.
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import shop

AWAY_S = 0.5


def sessions(cluster):
    return [int(pid) for pid in cluster.psql(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'habitue'").split()]


def restart_fast(cluster):
    shop.pg("restart", cluster.folder, "fast")


def restart_immediate(cluster):
    shop.pg("restart", cluster.folder, "immediate")


def kill_server(cluster):
    shop.pg("kill", cluster.folder)
    time.sleep(AWAY_S)
    shop.pg("up", cluster.folder)


def kill_session(cluster):
    os.kill(sessions(cluster)[0], signal.SIGKILL)


def end_sessions(cluster):
    cluster.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE application_name = 'habitue'")


FAULTS = [restart_fast, restart_immediate, kill_server, kill_session, end_sessions]


def lose_without_requests(us, cluster):
    """The loss and the return are noticed although nobody asks for anything."""
    def wait_for(n, words):
        until = time.monotonic() + 10
        while us.server.read_log().count(words) < n:
            assert time.monotonic() < until, us.server.read_log()
            time.sleep(0.05)

    n = us.server.read_log().count("the database was lost")
    shop.pg("kill", cluster.folder)
    wait_for(n + 1, "the database was lost")
    shop.pg("up", cluster.folder)
    wait_for(n + 1, "the database is back")


def start_without_a_database(program, cluster):
    """What is wrong is said, and nothing secret."""
    url = cluster.url.replace("user=habitue", "user=nobody&password=geheim")
    for command in (["init", "--demo"], ["serve"], ["audit"], ["key", "list"]):
        told = subprocess.run([program, *command], stderr=subprocess.PIPE, text=True, timeout=60,
                              stdout=subprocess.DEVNULL, check=False,
                              env={**os.environ, "HABITUE_DATABASE": url})
        assert told.returncode == 1, told
        assert 'role "nobody" does not exist' in told.stderr, told.stderr
        assert "geheim" not in told.stderr


def check_log(log, n_losses):
    """Every loss is told once, with a reason, and every return."""
    lost = re.findall(r'msg="the database was lost[^"]*" reason="(.+)"', log)
    back = re.findall(r'msg="the database is back" away_ms=(\d+)', log)
    assert len(lost) == len(back) and all(lost), log
    assert len(lost) >= n_losses, log
    # A job is no till: it says so when nobody knows what became of it, and of nothing else.
    assert set(re.findall(r"a job failed.* error=(\w+)", log)) <= {"outcome_unknown"}, log
    assert not re.search(r"postgres://|sanitizer", log, re.I), log


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tills", type=int, default=8)
    given = parser.parse_args()
    cluster = shop.Cluster()
    try:
        start_without_a_database(given.program, cluster)
        # A session that is killed is no loss when the next one is made in time.
        us = shop.Shop(given.program, cluster.url, options=["--database-wait", "5"])
        crowd = shop.Crowd(us, given.tills)
        slowest_s = {}
        with crowd:
            for _ in range(given.rounds):
                for fault in FAULTS:
                    crowd.wait_for_answers(50)
                    began = time.monotonic()
                    fault(cluster)
                    us.wait_ready()
                    crowd.wait_for_answers(given.tills)
                    took = time.monotonic() - began
                    slowest_s[fault.__name__] = max(took, slowest_s.get(fault.__name__, 0))
        lose_without_requests(us, cluster)
        crowd.check()
        check_log(us.stop(), given.rounds)
    finally:
        cluster.close()
    print(f"{given.rounds * len(FAULTS)} faults: {crowd.n_answered()} requests answered for good, "
          f"503 before: {crowd.faults()}, slowest answer {crowd.slowest_s():.2f} s; "
          f"work again after "
          f"{', '.join(f'{name} {s:.2f} s' for name, s in slowest_s.items())}")


if __name__ == "__main__":
    if not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        sys.exit(77)
    main()
