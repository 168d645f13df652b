#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""import.py BINARY - rows a second of `habitue import orders` on a fresh database: durable, every
order decided by the programme and written to the ledger.  Reference, in the same run: `sqlite3
.import` of the same file into one bare table.  Prints: name value unit ratio reference, once by the
clock and once by processor time.

The file is the online_retail data set (541,909 rows) where it is there, else one of that shape made
from a seed.
"""
import json
import lzma
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared/data/online_retail.csv.xz"
TEMPLATES = ROOT / "docs/templates"
ROUNDS = int(os.environ.get("ROUNDS", "3"))


def make_table(path):
    with open(path, "wb") as file:
        if REAL.exists():
            with lzma.open(REAL, "rb") as packed:
                while chunk := packed.read(1 << 20):
                    file.write(chunk)
            return
        dice = random.Random(1)
        file.write(b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n")
        for n in range(12000):
            kind, sign = ("C", -1) if dice.random() < 0.15 else ("", 1)
            member, day = dice.randrange(10000, 14000), dice.randrange(1, 29)
            for _ in range(dice.randrange(1, 40)):
                file.write(b"%s%d,%d,An article,%d,2011-03-%02d 10:00:00,%d.%02d,%d\n"
                           % (kind.encode(), 500000 + n, dice.randrange(20000, 24000),
                              sign * dice.randrange(1, 25), day, dice.randrange(10),
                              dice.randrange(1, 100), member))


def measure(command):
    """Seconds by the clock and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def main():
    binary = sys.argv[1]
    ours, bare, rows = [], [], 0
    with tempfile.TemporaryDirectory(prefix="habitue-bench-") as folder:
        table = f"{folder}/orders.csv"
        make_table(table)
        for n in range(ROUNDS):
            data = f"{folder}/data{n}"
            subprocess.run([binary, "init", "--data", data, "--template", "online-shop"],
                           check=True, capture_output=True)
            *spent, said = measure([binary, "import", "orders", "--data", data, "--json",
                                    "--mapping", str(TEMPLATES / "online-retail-mapping.json"),
                                    table])
            rows = json.loads(said)["rows"]
            ours.append(spent)
            *spent, _ = measure(["sqlite3", f"{folder}/bare{n}.db", "-cmd", ".mode csv",
                                 f".import {table} line"])
            bare.append(spent)
    for at, name in enumerate(["import_orders", "import_orders_cpu"]):
        mine, theirs = (rows / sorted(r[at] for r in runs)[len(runs) // 2]
                        for runs in (ours, bare))
        print(f"{name} {mine:.0f} rows/s {mine / theirs:.3f} sqlite3_import={theirs:.0f}")


if __name__ == "__main__":
    main()
