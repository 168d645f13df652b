#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - the write path on PostgreSQL beside pgbench on the same cluster, in the same minutes.

  run.py HABITUE LOAD PRELOAD WRITE_RAW DATA_FOLDER

The shop that bench/write preloads moves to a private, durable cluster (habitue migrate-db), set as
docs/operations/scale.md advises.  Rounds take turns: pgbench's TPC-B with prepared statements, at
the client count that was best in the first round; the server with 1, 2 and 4 writers, at 64 and 256
connections.  Then latency at half of what the best of them did.

CPU is what all processes of PostgreSQL and the server used for an event or a transaction: on a busy
machine it says more than the rate, because the reference and the server share two cores with their
clients.

Prints: name value unit ratio reference.

  ROUNDS=3 SECONDS_EACH=4 MEMBERS=1000000   smaller numbers for a quick look
"""
import glob
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "write"))
# pylint: disable=wrong-import-position
import run as write  # noqa: E402

WRITERS = (1, 2, 4)
CONNECTIONS = (64, 256)
CLIENTS = (8, 16, 32)
SETTINGS = """shared_buffers = 4GB
max_wal_size = 16GB
min_wal_size = 4GB
checkpoint_timeout = 30min
wal_compression = lz4
"""


def cpu_of(pid):
    """Of a process, and of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(int(n) for n in fields[11:15]) * write.TICK_US, int(fields[1])


class Cluster(write.PgBench):
    """A private PostgreSQL as an operator would set it."""

    def start(self):
        env = {**os.environ, "PG_DURABLE": "1", "PG_CONF": SETTINGS}
        done = subprocess.run([os.path.join(write.ROOT, "tools/pg"), "start", self.folder],
                              check=True, env=env, stdout=subprocess.PIPE, text=True)
        self.url = done.stdout.strip()
        with open(os.path.join(self.folder, "data/postmaster.pid"), encoding="ascii") as pid:
            self.pid = int(pid.readline())

    def cpu_us(self):
        total = cpu_of(self.pid)[0]
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                used, parent = cpu_of(path.split("/")[2])
            except OSError:
                continue
            total += used if parent == self.pid else 0
        return total

    def tpcb(self, clients):
        write.wait_until_quiet()
        before = self.cpu_us()
        text = self.run("-M", "prepared", "-c", str(clients), "-j", "2", "-n", "-T",
                        str(int(write.SECONDS) + 2))
        n = int(re.search(r"actually processed: (\d+)", text)[1])
        return {"tps": float(re.search(r"tps = ([\d.]+)", text)[1]),
                "cpu_us": (self.cpu_us() - before) / n}


class PgServers(write.Bench):
    """The server on the cluster; the load is that of bench/write."""

    def move(self, cluster):
        self.prepare()
        subprocess.run([self.habitue, "migrate-db", "--data", self.work, "--to", cluster.url],
                       check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.work)
        self.cluster = cluster
        cluster.run("-i", "-q", "-s", "50")
        subprocess.run(["psql", "-q", cluster.url, "-c", "VACUUM ANALYZE", "-c", "CHECKPOINT"],
                       check=True)

    def start(self, writers):
        return write.Server(self.habitue, self.work, "--database", self.cluster.url,
                            "--writers", str(writers)).start()

    def served(self, connections, writers):
        write.wait_until_quiet()
        server = self.start(writers)
        before, before_pg = server.cpu_us(), self.cluster.cpu_us()
        result = self.load(server, connections=connections, seconds=write.SECONDS, warmup=2)
        n = result["events"] * (write.SECONDS + 2)
        result["cpu_us"] = (server.cpu_us() - before) / n
        result["pg_us"] = (self.cluster.cpu_us() - before_pg) / n
        server.stop()
        return result

    def latency(self, rate, writers):
        write.wait_until_quiet()
        server = self.start(writers)
        result = self.load(server, connections=64, rate=rate, seconds=2 * write.SECONDS, warmup=2)
        server.stop()
        return result


def best_clients(cluster):
    return max(CLIENTS, key=lambda clients: cluster.tpcb(clients)["tps"])


def throughput(bench, cluster):
    """The number of writers and the rate of the best."""
    clients = best_clients(cluster)
    tpcb, rounds = [], {(c, w): [] for c in CONNECTIONS for w in WRITERS}
    for _ in range(write.ROUNDS):
        tpcb.append(cluster.tpcb(clients))
        for key, results in rounds.items():
            results.append(bench.served(*key))
    tps, tx_us = write.median(tpcb, "tps"), write.median(tpcb, "cpu_us")
    rates = {key: write.median(results, "events") for key, results in rounds.items()}
    for (connections, writers), results in rounds.items():
        name = f"postgres_c{connections}_w{writers}"
        events = rates[connections, writers]
        write.line(name, events, "events/s", events / tps, f"pgbench_tpcb_c{clients}={tps:.0f}")
        write.line(name, events, "events/s", events / rates[connections, 1],
                   f"one_writer={rates[connections, 1]:.0f}")
        pg_us = write.median(results, "pg_us")
        write.line(f"{name}_cpu", pg_us, "us/event_of_postgres", tx_us / pg_us,
                   f"pgbench_tpcb={tx_us:.0f}")
        write.line(f"{name}_cpu_server", write.median(results, "cpu_us"), "us/event", 1, "itself")
    best = max((key for key in rates if key[0] == 64), key=rates.get)
    return best[1], rates[best]


def latencies(bench, writers, rate):
    results = [bench.latency(int(rate / 2), writers) for _ in range(write.ROUNDS)]
    for name in ("p50", "p99", "max"):
        value = write.median(results, f"{name}_us")
        write.line(f"postgres_latency_half_load_{name}", value, "us", 20000 / value, "bar=20000")
    write.line("postgres_latency_half_load_stalls_over_50ms", write.median(results, "stalls"),
               "stalls", statistics.median(r["late"] for r in results), "late_replies_beside")


def main():
    bench, cluster = PgServers(*sys.argv[1:6]), Cluster()
    with tempfile.TemporaryDirectory(prefix="habitue-bench-") as folder:
        try:
            cluster.start()
            bench.move(cluster)
            bench.work = folder
            latencies(bench, *throughput(bench, cluster))
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
