#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - the write path beside what the same machine does without us, in the same minutes.

  run.py HABITUE LOAD PRELOAD WRITE_RAW DATA_FOLDER

A million members and a million events are preloaded once into DATA_FOLDER and copied for each run.
Rounds take turns: the server at 64 and 256 connections; the same code without HTTP; the bare loop
on SQLite (raw.c), the same database, in groups of 100 and with one event per COMMIT; pgbench's
TPC-B on a private PostgreSQL; medians are compared.  Then latency at half the load, memory, and
start-up.

Prints: name value unit ratio reference.  What is quoted of a busy machine is the ratio; a line
"# waited" on stderr says how idle the machine was before each measurement.

  ROUNDS=3 SECONDS_EACH=4 MEMBERS=1000000   smaller numbers for a quick look
"""
import glob
import hashlib
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = float(os.environ.get("SECONDS_EACH", "4"))
MEMBERS = int(os.environ.get("MEMBERS", "1000000"))
LOG_FRAMES = 25000  # the length of the server's log before it is begun anew (db_sqlite.c)
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


# ---- a quiet machine

def idle_share(seconds):
    def read():
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(n) for n in stat.readline().split()[1:]]
        return sum(ticks[:8]), ticks[3] + ticks[4]

    total, idle = read()
    time.sleep(seconds)
    total_then, idle_then = read()
    return (idle_then - idle) / max(total_then - total, 1)


def wait_until_quiet(seconds_max=8.0):
    """Waits, but not for ever: whoever reads the figures sees how quiet it was."""
    begun = time.monotonic()
    while True:
        share = idle_share(0.5)
        if share >= 0.8 or time.monotonic() - begun > seconds_max:
            break
    print(f"# waited {time.monotonic() - begun:.0f} s; idle {share:.0%}", file=sys.stderr)


# ---- the server

class Server:
    def __init__(self, habitue, folder, *options):
        self.habitue, self.folder, self.options = habitue, folder, options
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self.started_ms = 0.0

    def start(self):
        """Until the first answer: that is what started_ms counts."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [self.habitue, "serve", "--data", self.folder, "--listen", f"127.0.0.1:{self.port}",
             "--rate-percent", "0", *self.options], stdout=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).read()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - begun > 60:
                    raise
                time.sleep(0.001)
        self.started_ms = (time.monotonic() - begun) * 1e3
        return self

    def cpu_us(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_US

    def rss_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(60)


def key_of(habitue, folder):
    done = subprocess.run([habitue, "key", "create", "--data", folder, "--scopes", "all"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def figures(text):
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", text)}


class Bench:
    def __init__(self, habitue, load, preload, raw, data):
        self.habitue, self.load_program = habitue, load
        self.preload, self.raw_program = preload, raw
        self.data = data
        self.work = os.path.join(data, "work")
        self.key = None

    # ---- the data

    def prepare(self):
        """Preloads once for each schema; a copy is worked on."""
        schema = hashlib.sha256()
        for path in sorted(glob.glob(os.path.join(ROOT, "src/store/migrations/*.sql"))):
            with open(path, "rb") as text:
                schema.update(text.read())
        kept = os.path.join(self.data, f"preloaded-{MEMBERS}-{schema.hexdigest()[:8]}")
        if not os.path.exists(kept):
            shutil.rmtree(self.data, ignore_errors=True)
            os.makedirs(self.data)
            fresh = kept + ".part"
            subprocess.run([self.habitue, "init", "--data", fresh, "--demo"], check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run([self.preload, fresh, str(MEMBERS), str(MEMBERS),
                            os.path.join(self.data, "ids")], check=True)
            os.rename(fresh, kept)
        shutil.rmtree(self.work, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", kept, self.work], check=True)
        os.sync()
        with open(os.path.join(self.work, "habitue.db"), "rb") as database:
            while database.read(1 << 24):  # from memory, as a database that is in use
                pass
        self.key = key_of(self.habitue, self.work)

    # ---- one measurement each

    def load(self, server, **options):
        options = {"members": MEMBERS, "ids": os.path.join(self.data, "ids"), **options}
        done = subprocess.run([self.load_program, str(server.port), self.key] +
                              [f"{name}={value}" for name, value in options.items()],
                              check=True, stdout=subprocess.PIPE, text=True)
        return figures(done.stdout)

    def served(self, connections):
        wait_until_quiet()
        server = Server(self.habitue, self.work).start()
        before = server.cpu_us()
        result = self.load(server, connections=connections, seconds=SECONDS, warmup=2)
        result["cpu_us"] = (server.cpu_us() - before) / (result["events"] * (SECONDS + 2))
        server.stop()
        return result

    def raw(self, group, frames):
        wait_until_quiet()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([self.raw_program, os.path.join(self.work, "habitue.db"),
                               str(MEMBERS), str(group), str(SECONDS + 2), str(frames)],
                              check=True, stdout=subprocess.PIPE, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = figures(done.stdout)
        cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        result["cpu_us"] = cpu_s * 1e6 / (result["events"] * (SECONDS + 2))
        return result

    def use_case(self):
        """The server's own code in groups of 100, without HTTP."""
        wait_until_quiet()
        done = subprocess.run([self.preload, self.work, str(MEMBERS)], check=True,
                              env={**os.environ, "SECONDS_EACH": str(SECONDS + 2)},
                              stdout=subprocess.PIPE, text=True)
        return figures(done.stdout)

    def latency(self, rate):
        wait_until_quiet()
        sync_us = median_sync_us(self.work)
        server = Server(self.habitue, self.work).start()
        result = self.load(server, connections=64, rate=rate, seconds=2 * SECONDS, warmup=2)
        server.stop()
        return {**result, "sync_us": sync_us}


def median_sync_us(folder):
    """What the disk takes to keep 4 KB: the floor under every answer."""
    samples = []
    path = os.path.join(folder, "sync")
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for i in range(300):
        os.pwrite(fd, os.urandom(4096), i * 4096)
        begun = time.monotonic()
        os.fdatasync(fd)
        samples.append((time.monotonic() - begun) * 1e6)
    os.close(fd)
    os.unlink(path)
    return statistics.median(samples)


# ---- pgbench

class PgBench:
    """TPC-B on a cluster of its own, durable, as installed."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="habitue-bench-pg-")
        self.url = None

    def start(self):
        env = {**os.environ, "PG_DURABLE": "1"}
        done = subprocess.run([os.path.join(ROOT, "tools/pg"), "start", self.folder], check=True,
                              env=env, stdout=subprocess.PIPE, text=True)
        self.url = done.stdout.strip()
        self.run("-i", "-q", "-s", "50")

    def run(self, *args):
        return subprocess.run(["pgbench", "-h", self.folder, "-U", "habitue", *args, "postgres"],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True).stdout

    def tps(self):
        wait_until_quiet()
        text = self.run("-c", "16", "-j", "2", "-n", "-T", str(int(SECONDS) + 2))
        return float(re.search(r"tps = ([\d.]+)", text)[1])

    def stop(self):
        subprocess.run([os.path.join(ROOT, "tools/pg"), "stop", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- what is printed

def line(name, value, unit, ratio, reference):
    print(f"{name} {value:.{0 if value >= 100 else 2}f} {unit} {ratio:.2f} {reference}", flush=True)


def median(results, name):
    return statistics.median(r[name] for r in results)


def throughput(bench, pg):
    rounds = {name: [] for name in ("c64", "c256", "alone", "raw", "raw_1000", "single")}
    tpcb = []
    for _ in range(ROUNDS):
        rounds["raw"].append(bench.raw(100, LOG_FRAMES))
        rounds["c64"].append(bench.served(64))
        rounds["c256"].append(bench.served(256))
        rounds["alone"].append(bench.use_case())
        rounds["raw_1000"].append(bench.raw(100, 1000))
        rounds["single"].append(bench.raw(1, LOG_FRAMES))
        if pg:
            tpcb.append(pg.tps())
    group = {name: median(rounds[name], "events") for name in ("raw", "raw_1000")}
    best = max(group, key=group.get)
    for name in ("c64", "c256"):
        events = median(rounds[name], "events")
        single = median(rounds["single"], "events")
        line(f"write_{name}", events, "events/s", events / group[best],
             f"{best}_g100={group[best]:.0f}")
        line(f"write_{name}", events, "events/s", events / single, f"raw_g1={single:.0f}")
        if tpcb:
            tps = statistics.median(tpcb)
            line(f"write_{name}", events, "events/s", events / tps, f"pgbench_tpcb_c16={tps:.0f}")
        cpu, raw_cpu = median(rounds[name], "cpu_us"), median(rounds["raw"], "cpu_us")
        line(f"write_{name}_cpu", cpu, "us/event", raw_cpu / cpu, f"raw_g100={raw_cpu:.0f}")
    alone = median(rounds["alone"], "events")
    line("write_without_http_g100", alone, "events/s", alone / group[best],
         f"{best}_g100={group[best]:.0f}")
    return median(rounds["c64"], "events")


def latencies(bench, events):
    results = [bench.latency(int(events / 2)) for _ in range(ROUNDS)]
    sync_us = median(results, "sync_us")
    for name in ("p50", "p99", "max"):
        value = median(results, f"{name}_us")
        line(f"write_latency_half_load_{name}", value, "us", value / sync_us,
             f"fdatasync_p50={sync_us:.0f}")
    stalls, late = median(results, "stalls"), median(results, "late")
    line("write_latency_half_load_stalls_over_50ms", stalls, "stalls", late, "late_replies_beside")


def reads(bench):
    server = Server(bench.habitue, bench.work).start()
    wait_until_quiet()
    results = {what: [] for what in ("balances", "get")}
    for _ in range(ROUNDS):
        for what in results:
            results[what].append(bench.load(server, what=what, path="/healthz", connections=64,
                                            seconds=2))
    server.stop()
    empty = median(results["get"], "rps")
    value = median(results["balances"], "rps")
    line("read_balances_c64", value, "requests/s", value / empty, f"empty_reply={empty:.0f}")


def start_and_memory(bench):
    with tempfile.TemporaryDirectory(dir=bench.data) as folder:
        small = os.path.join(folder, "data")
        subprocess.run([bench.habitue, "init", "--data", small, "--demo"], check=True,
                       stdout=subprocess.DEVNULL)
        key, bench.key = bench.key, key_of(bench.habitue, small)
        starts = []
        for _ in range(ROUNDS):
            server = Server(bench.habitue, small).start()
            starts.append(server.started_ms)
            time.sleep(0.5)
            idle = server.rss_mb()
            server.stop()
        start_ms = statistics.median(starts)
        line("start_ms", start_ms, "ms", 300 / start_ms, "bar=300")
        line("idle_rss", idle, "MB", 30 / idle, "bar=30")
        server = Server(bench.habitue, small).start()
        crowd = subprocess.Popen([bench.load_program, str(server.port), bench.key,
                                  "connections=10000", "rate=1000", "seconds=6", "members=1000"],
                                 stdout=subprocess.DEVNULL)
        peak = 0.0
        while crowd.poll() is None:
            peak = max(peak, server.rss_mb())
            time.sleep(0.1)
        server.stop()
        if crowd.returncode:
            raise SystemExit("the server did not serve 10,000 connections")
        line("rss_10000_connections", peak, "MB", 256 / peak, "bar=256")
        bench.key = key


def start_after_kill(bench):
    starts = []
    for _ in range(ROUNDS):
        server = Server(bench.habitue, bench.work).start()
        crowd = subprocess.Popen([bench.load_program, str(server.port), bench.key,
                                  "connections=64", "seconds=5", f"members={MEMBERS}"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
        server.stop(signal.SIGKILL)
        crowd.wait()
        server.start()
        starts.append(server.started_ms)
        server.stop()
    value = statistics.median(starts)
    line("start_after_kill_1M_ms", value, "ms", 1000 / value, "bar=1000")


def main():
    bench = Bench(*sys.argv[1:6])
    # 10,000 connections here and in the server.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    del soft
    bench.prepare()
    pg = PgBench() if shutil.which("pgbench") else None
    try:
        if pg:
            pg.start()
        events = throughput(bench, pg)
    finally:
        if pg:
            pg.stop()
    latencies(bench, events)
    reads(bench)
    start_and_memory(bench)
    start_after_kill(bench)
    shutil.rmtree(bench.work)


if __name__ == "__main__":
    main()
