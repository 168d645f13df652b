#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""retail_test.py - the real-input run comes to what an independent program says.

  retail_test.py HABITUE_PROGRAM

Imports the invoice lines of the online_retail data set into a fresh database, audits it, and
compares totals, parked returns and every member's balance with tests/retail/expected.py.  Skipped
(exit status 77) when the data is not there.
"""
import hashlib
import json
import lzma
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT.parent / "shared/data/online_retail.csv.xz"
BALANCES = """SELECT i.value, COALESCE(w.available + w.pending + w.held - w.debt, 0)
              FROM identifier i LEFT JOIN wallet w ON w.member_id = i.member_id
              WHERE i.kind = 'external_id' ORDER BY i.value"""


def run(*words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout


def balances(database):
    rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute(BALANCES).fetchall()
    text = "".join(f"{member},{units}\n" for member, units in rows)
    return len(rows), hashlib.sha256(text.encode()).hexdigest()


def main():
    program = sys.argv[1]
    if not DATA.exists():
        print("skipped: no online_retail.csv.xz")
        return 77
    expected = json.loads(run(sys.executable, str(HERE / "expected.py"), str(DATA)))
    with tempfile.TemporaryDirectory(prefix="habitue-retail-") as folder:
        csv, data = f"{folder}/orders.csv", f"{folder}/data"
        pathlib.Path(csv).write_bytes(lzma.open(DATA).read())
        run(program, "init", "--data", data)
        run(program, "apply", "--data", data, str(ROOT / "docs/templates/online-shop.json"))
        said = run(program, "import", "orders", "--data", data, "--mapping",
                   str(ROOT / "docs/templates/online-retail-mapping.json"), csv)
        found = json.loads(run(program, "audit", "--data", data, "--json"))
        n_members, digest = balances(f"{data}/habitue.db")
    sums = found["currencies"]["points"]
    numbers = [int(n.replace(",", "")) for n in re.findall(r"(?<!\S)[\d,]+(?=\s)", said)]
    wrong = [f"{name}: {there}, expected {here}" for name, there, here in [
        ("findings", found["n_findings"], 0),
        ("members", n_members, expected["members"]),
        ("issued", sums["issued"], expected["issued"]),
        ("clawed back", sums["reversed"], expected["clawed_back"]),
        ("outstanding", sums["outstanding"], expected["outstanding"]),
        ("events", found["checked"]["events"], expected["orders"] + expected["refunds"]),
        ("balances", digest, expected["balances_sha256"]),
    ] if there != here]
    wrong += [f"the import does not report {name}: {expected[name]}" for name in
              ("orders", "refunds", "parked_lines", "parked_quantity")
              if expected[name] not in numbers]
    print("\n".join(wrong) or f"ok: {expected['outstanding']} units of {n_members} members")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
