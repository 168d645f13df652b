#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""retail_test.py - the real-input run: 541,909 invoice lines come to the totals of another program.

  retail_test.py BINARY

tests/retail/expected.py computes from the file alone what must come out; here the binary imports
it on a fresh database and is held against that, member by member.  Skipped without the data.
"""
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import unittest

import command
from command import DATA, POSTGRES, ROOT, TEMPLATES, Case

SOURCE = DATA / "online_retail.csv.xz"
BALANCES = ("SELECT i.value, sum(CASE e.kind WHEN 1 THEN e.units ELSE -e.units END)"
            " FROM ledger_entry e JOIN identifier i USING (tenant_id, member_id)"
            " GROUP BY i.value")


@unittest.skipUnless(SOURCE.exists(), "the online_retail data are not there")
class Retail(Case):
    def test_the_totals_are_those_of_the_independent_program(self):
        table, balances = str(self.folder / "retail.csv"), self.folder / "balances.csv"
        with lzma.open(SOURCE, "rb") as packed, open(table, "wb") as plain:
            while chunk := packed.read(1 << 20):
                plain.write(chunk)
        expected = json.loads(subprocess.run(
            [sys.executable, str(ROOT / "tests/retail/expected.py"), table, "--members",
             str(balances)], check=True, capture_output=True, text=True).stdout)
        self.init("--template", "online-shop")
        args = ("import", "orders", "--data", self.data, "--json", "--mapping",
                TEMPLATES / "online-retail-mapping.json", table)
        summary = json.loads(self.good(*args).out)
        same = {"orders": "orders", "order_lines": "order_lines", "refunds": "refunds",
                "return_lines": "return_lines", "matched_lines": "matched_lines",
                "returned_quantity": "returned_quantity", "parked": "parked_lines",
                "parked_quantity": "parked_quantity"}
        self.assertEqual({k: summary[k] for k in same},
                         {k: expected[v] for k, v in same.items()})
        self.assertEqual((summary["rows"], summary["errors"]), (541909, 0))

        report = json.loads(self.good("audit", "--data", self.data, "--json").out)
        self.assertTrue(report["ok"])
        points = report["currencies"]["points"]
        self.assertEqual((points["issued"], points["reversed"], points["outstanding"]),
                         (expected["issued"], expected["clawed_back"], expected["outstanding"]))
        self.assertEqual(report["checked"]["members"], expected["members"])
        self.assertEqual(self.balances(), self.read(balances))

        again = json.loads(self.good(*args).out)
        self.assertEqual((again["applied"], again["already_there"]), (0, summary["events"]))
        self.move(self.read(balances))

    def move(self, balances):
        """To the other engine, where there is one."""
        if "TEST_PG" not in os.environ:
            return
        folder = str(self.folder / "moved")
        to = folder if POSTGRES else self.databases.url(folder)
        moved = json.loads(self.good("migrate-db", "--data", self.data, "--to", to, "--json").out)
        self.assertTrue(moved["same"])
        self.assertGreater(moved["rows"], 80000)
        if POSTGRES:
            with sqlite3.connect(f"file:{folder}/habitue.db?mode=ro", uri=True) as db:
                self.assertEqual(dict(db.execute(BALANCES)), balances)

    def balances(self):
        return {str(member): units for member, units in self.query(BALANCES)}

    @staticmethod
    def read(path):
        lines = path.read_text().splitlines()
        return {member: int(units) for member, _, units in (line.partition(",") for line in lines)}


if __name__ == "__main__":
    command.main()
