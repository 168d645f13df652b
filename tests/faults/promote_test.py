#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promote_test.py - the primary dies, its synchronous standby is promoted, and the shop goes on.

  promote_test.py HABITUE_PROGRAM [--rounds N] [--tills T]

The address names both servers with target_session_attrs=read-write.  Nothing that was answered is
lost (shop.py), although the primary never comes back.
"""
import argparse
import pathlib
import sys
import threading
import time

import shop


def add_standby(primary):
    """A standby that every commit waits for from now on."""
    standby = shop.Cluster(standby_of=primary)
    primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.psql("SELECT pg_reload_conf()")
    until = time.monotonic() + 30
    while primary.psql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1":
        assert time.monotonic() < until, "the standby does not follow"
        time.sleep(0.05)
    return standby


def url_of(clusters):
    hosts = ",".join(cluster.folder for cluster in clusters)
    return f"postgres:///postgres?host={hosts}&user=habitue&target_session_attrs=read-write"


def fail_over(given, seed):
    primary = shop.Cluster()
    standby = add_standby(primary)
    us = shop.Shop(given.program, url_of([primary, standby]), primary.url,
                   ["--database-wait", "2"])
    us.direct = standby.url  # where the audit looks in the end
    crowd = shop.Crowd(us, given.tills, seed)
    with crowd:
        crowd.wait_for_answers(200)
        shop.pg("kill", primary.folder)
        began = time.monotonic()
        away_s = us.wait_ready(503)
        time.sleep(0.3)
        shop.pg("promote", standby.folder)
        us.wait_ready()
        crowd.wait_for_answers(200)
        took = time.monotonic() - began
    crowd.check()
    log = us.stop()
    assert log.count("the database was lost") == log.count("the database is back") >= 1, log
    for cluster in (primary, standby):
        cluster.close()
    print(f"{crowd.n_answered()} requests answered for good, 503 before: {crowd.faults()}, slowest "
          f"answer {crowd.slowest_s():.2f} s; away after {away_s:.2f} s, 200 more answers "
          f"{took:.2f} s after the kill")


def answer_what_the_standby_has(given):
    """A server that started anew shows what no standby has got: that is not answered yet."""
    primary = shop.Cluster()
    standby = add_standby(primary)
    us = shop.Shop(given.program, url_of([primary, standby]), primary.url,
                   ["--database-wait", "1"])
    till, again = shop.Till(us, "m"), shop.Till(us, "m")
    # No till's purchase: a retry of this one locks nothing, so nothing else makes it wait.
    enrol = "/v1/members", {"external_id": "n"}, "enrol"
    till.order()
    shop.pg("kill", standby.folder)
    asking = threading.Thread(target=till.ask_once, args=enrol)
    asking.start()
    time.sleep(0.1)
    shop.pg("restart", primary.folder, "immediate")
    us.wait_ready()
    assert primary.psql("SELECT count(*) FROM member") == "2"
    for _ in range(2):
        status, content, _ = again.ask_once(*enrol)
        assert status == 503, (status, content)
    asking.join()
    shop.pg("up", standby.folder)
    again.ask(*enrol)
    till.redeem()
    shop.pg("kill", primary.folder)
    shop.pg("promote", standby.folder)
    us.wait_ready()
    till.check()
    again.close()
    us.direct = standby.url
    us.audit()
    us.stop()
    for cluster in (primary, standby):
        cluster.close()
    print("what a standby did not get was not answered")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tills", type=int, default=8)
    given = parser.parse_args()
    for round_ in range(given.rounds):
        fail_over(given, round_)
    answer_what_the_standby_has(given)


if __name__ == "__main__":
    if not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup")):
        sys.exit(77)
    main()
