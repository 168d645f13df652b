#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""import_test.py - habitue import, with files as they come and as an attacker would write them.

  import_test.py BINARY
"""
import csv
import json
import os
import pty
import random
import re
import signal
import subprocess
import time
import unittest

import command
from command import BINARY, TEMPLATES, Case

HEADER = "order,member,time,sku,name,quantity,price\n"
MAPPING = {
    "source": "till", "timezone": "Europe/Paris", "time_format": "%Y-%m-%d %H:%M",
    "currency": "EUR",
    "columns": {"order": "order", "member": "member", "time": "time", "sku": "sku", "name": "name",
                "quantity": "quantity", "unit_amount": "price"},
    "returns": [{"column": "quantity", "at_most": -1}],
    "skip": [{"reason": "nobody", "column": "member", "is": ["", "NA"]}],
}


class ImportCase(Case):
    def setUp(self):
        super().setUp()
        self.init("--demo")
        self.map(MAPPING)

    def map(self, mapping):
        self.mapping = self.write("mapping.json", json.dumps(mapping))

    def args(self, table, *more, kind="orders"):
        if not isinstance(table, str) or "\n" in table:
            table = self.write("table.csv", table)
        return ["import", kind, "--data", self.data, "--mapping", self.mapping, *more, table]

    def orders(self, table, *more, code=0):
        """The summary; rows are given without the header."""
        done = self.run_it(*self.args(HEADER + table, "--json", *more))
        self.assertEqual(done.code, code, done.out + done.err)
        return json.loads(done.out)

    def refused(self, table, *more):
        """What is said of a file that is refused as a whole; nothing may have been written."""
        done = self.bad(1, *self.args(table, *more))
        self.assertEqual(self.audit()["checked"]["events"], 0)
        return done.err

    def audit(self):
        return json.loads(self.good("audit", "--data", self.data, "--json").out)

    def points(self):
        return self.audit()["currencies"].get("points", {}).get("outstanding", 0)

    def errors(self, table):
        """(row, column, outcome) of what --errors has."""
        path = self.folder / "errors.csv"
        self.run_it(*self.args(HEADER + table, "--errors", str(path)))
        with open(path, encoding="utf-8", newline="") as file:
            return [(int(r["row"]), r["column"], r["outcome"]) for r in csv.DictReader(file)]


class Orders(ImportCase):
    def test_rows_of_one_order_are_one_event(self):
        summary = self.orders("A1,ada,2026-01-05 10:00,LATTE,Latte,2,4.50\n"
                              "A2,bob,2026-01-05 10:01,TEA,Tea,1,3\n"
                              "A1,ada,2026-01-05 10:00,TEA,Tea,1,0.09\n"
                              "A3,NA,2026-01-05 10:02,TEA,Tea,1,3\n")
        self.assertEqual((summary["orders"], summary["order_lines"], summary["events"]), (2, 3, 2))
        self.assertEqual(summary["skipped"], {"nobody": 1})
        self.assertEqual(self.points(), 90 + 30)  # 9.09 is 90, floor per order

    def test_a_second_run_changes_nothing(self):
        rows = "A1,ada,2026-01-05 10:00,LATTE,Latte,2,4.50\n"
        self.orders(rows)
        again = self.orders(rows)
        self.assertEqual((again["applied"], again["already_there"]), (0, 1))
        more = self.orders(rows + "A2,ada,2026-01-06 10:00,LATTE,Latte,2,4.50\n")
        self.assertEqual((more["applied"], more["already_there"]), (1, 1))
        self.assertEqual(self.points(), 180)

    def test_other_content_under_the_same_number_is_refused(self):
        self.orders("A1,ada,2026-01-05 10:00,LATTE,Latte,2,4.50\n")
        summary = self.orders("A1,ada,2026-01-05 10:00,LATTE,Latte,3,4.50\n"
                              "A2,ada,2026-01-05 10:00,LATTE,Latte,1,1\n", code=1)
        self.assertEqual((summary["errors"], summary["applied"]), (1, 1))
        self.assertEqual(self.points(), 100)

    def test_a_dry_run_writes_nothing(self):
        rows = "A1,ada,2026-01-05 10:00,LATTE,Latte,2,4.50\nA2,ada,2026-01-05 10:00,X,X,0,1\n"
        summary = self.orders(rows, "--dry-run", code=1)
        self.assertEqual((summary["orders"], summary["errors"], summary["dry_run"]), (1, 1, True))
        self.assertEqual(self.audit()["checked"]["events"], 0)
        self.assertIn("dry run", self.run_it(*self.args(HEADER + rows, "--dry-run")).out)

    def test_a_pipe_is_as_good_as_a_file(self):
        table = HEADER + "A1,ada,2026-01-05 10:00,LATTE,Latte,2,4.50\n"
        self.good(*self.args("-"), stdin=table.encode())
        self.assertEqual(self.points(), 90)

    def test_spreadsheets_of_other_countries(self):
        self.map({**MAPPING, "decimal": ",", "time_format": "%d.%m.%Y %H:%M"})
        table = (HEADER + "A1,ada,05.01.2026 10:00,LATTE,\"Latte; groß\",2,\"4,50\"\n")
        rows = list(csv.reader(table.splitlines()))
        text = "\r\n".join(";".join(f'"{c}"' if ";" in c else c for c in row) for row in rows)
        self.good(*self.args(b"\xef\xbb\xbf" + text.encode()))
        self.assertEqual(self.points(), 90)

    def test_minor_units_unix_times_and_cards(self):
        self.map({**MAPPING, "amounts": "minor", "time_format": "unix", "member_is": "email"})
        self.orders("A1,ada@example.org,1767603600,LATTE,Latte,2,450\n")
        self.assertEqual(self.points(), 90)

    def test_the_zone_decides_the_instant(self):
        self.orders("A1,ada,2026-07-05 10:00,LATTE,Latte,2,4.50\n")
        (at_us,), = self.query("SELECT occurred_us FROM event")
        self.assertEqual(time.gmtime(at_us // 1000000)[:5], (2026, 7, 5, 8, 0))


    def test_what_was_refused_is_tried_again(self):
        # A cafe that does not enrol by itself refuses a stranger's order, until he is a member.
        document = json.loads((TEMPLATES / "cafe.json").read_text())
        document["enrol_unknown"] = False
        self.data = str(self.folder / "strict")
        self.init()
        self.good("apply", "--data", self.data, self.write("strict.json", json.dumps(document)))
        rows = ("A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"
                "A2,bob,2026-01-05 10:00,TEA,Tea,1,2.00\n")
        self.members_of("ada")
        self.assertEqual(self.orders(rows, code=1)["applied"], 1)
        self.members_of("bob")
        again = self.orders(rows)
        self.assertEqual((again["applied"], again["already_there"]), (1, 1))
        self.assertEqual(self.points(), 30)

    def members_of(self, name):
        self.good("import", "members", "--data", self.data,
                  self.write("m.csv", f"external_id,name\n{name},{name}\n"))


class Returns(ImportCase):
    def test_the_newest_purchase_comes_back_first(self):
        summary = self.orders("A1,ada,2026-01-05 10:00,TEA,Tea,2,1.00\n"
                              "A2,ada,2026-01-06 10:00,TEA,Tea,2,3.00\n"
                              "R1,ada,2026-01-07 10:00,TEA,Tea,-3,9.99\n")
        self.assertEqual((summary["refunds"], summary["returned_quantity"], summary["parked"]),
                         (2, 3, 0))
        self.assertEqual(self.points(), 10)

    def test_what_nobody_bought_is_parked(self):
        rows = ("R0,ada,2026-01-04 10:00,TEA,Tea,-1,1.00\n"  # before the purchase
                "A1,ada,2026-01-05 10:00,TEA,Tea,2,1.00\n"
                "R1,bob,2026-01-06 10:00,TEA,Tea,-1,1.00\n"  # somebody else
                "R2,ada,2026-01-07 10:00,TEA,Tea,-5,1.00\n")  # more than there is
        summary = self.orders(rows)
        self.assertEqual((summary["parked"], summary["parked_quantity"]), (3, 5))
        self.assertEqual((summary["matched_lines"], summary["refunds"]), (1, 1))
        self.assertEqual(self.points(), 0)
        self.assertEqual(self.errors(rows), [(2, "sku", "parked"), (4, "sku", "parked"),
                                             (5, "sku", "parked")])

    def test_an_exchange_does_not_return_what_it_buys(self):
        self.orders("A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"
                    "A2,ada,2026-01-06 10:00,TEA,Tea,1,2.00\n"
                    "A2,ada,2026-01-06 10:00,TEA,Tea,-1,1.00\n")
        self.assertEqual(self.points(), 20)

    def test_a_named_order_is_the_only_one_looked_at(self):
        self.map({**MAPPING, "columns": {**MAPPING["columns"], "refund_of": "name"}})
        self.orders("A1,ada,2026-01-05 10:00,TEA,,1,1.00\n"
                    "A2,ada,2026-01-06 10:00,TEA,,1,2.00\n"
                    "R1,ada,2026-01-07 10:00,TEA,A1,-1,1.00\n")
        self.assertEqual(self.points(), 20)

    def test_a_corrected_file_never_returns_twice(self):
        sale, late = ("A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n",
                      "A2,ada,2026-01-06 10:00,TEA,Tea,1,2.00\n")
        back = "R1,ada,2026-01-07 10:00,TEA,Tea,-1,1.00\n"
        self.orders(sale + back)
        self.assertEqual(self.points(), 0)
        summary = self.orders(sale + late + back, code=1)
        self.assertEqual(summary["errors"], 1)
        self.assertEqual(self.points(), 20)

    def test_matching_equals_a_naive_program_on_random_histories(self):
        dice = random.Random(7)
        rows, stacks, kept = [], {}, {}
        for n in range(400):
            member, sku = f"m{dice.randrange(4)}", f"s{dice.randrange(3)}"
            quantity = dice.randrange(1, 5)
            stack = stacks.setdefault((member, sku), [])
            if dice.random() < 0.6:
                price = dice.randrange(1, 999)
                rows.append(f"A{n},{member},2026-01-01 10:00,{sku},x,{quantity},"
                            f"{price // 100}.{price % 100:02}\n")
                stack.append([quantity, price, n])
                kept[n] = quantity * price
                continue
            rows.append(f"R{n},{member},2026-01-01 10:00,{sku},x,-{quantity},1\n")
            while quantity and stack:
                taken = min(quantity, stack[-1][0])
                stack[-1][0] -= taken
                quantity -= taken
                kept[stack[-1][2]] -= taken * stack[-1][1]
                if not stack[-1][0]:
                    stack.pop()
        self.orders("".join(rows))
        self.assertEqual(self.points(), sum(cents // 10 for cents in kept.values()))
        self.assertTrue(self.audit()["ok"])


class Hostile(ImportCase):
    GOOD = "A9,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"

    def test_open_quotation_marks(self):
        for row in ('A1,"ada,2026-01-05 10:00,TEA,Tea,1,1.00\n', 'A1,a"d"a,x,x,x,1,1\n',
                    'A1,"a"da,x,x,x,1,1\n', '"', 'A1,ada,x,x,"Tea\n'):
            self.assertIn("quotation mark", self.refused(HEADER + self.GOOD + row))

    def test_a_cell_without_end(self):
        self.assertIn("row 2", self.refused(HEADER + "A1," + "x" * (2 << 20) + ",1,1,1,1,1\n"))
        self.assertIn("row 2", self.refused(HEADER + '"' + "x" * (3 << 20)))
        self.assertIn("row 3", self.refused(HEADER + self.GOOD + "x" * 70000 + ",1,1,1,1,1,1\n"))

    def test_too_many_cells(self):
        self.assertIn("256", self.refused(HEADER + "," * 300 + "\n"))

    def test_files_that_are_no_tables(self):
        self.assertIn("spreadsheet", self.refused(b"PK\x03\x04rest\n"))
        self.assertIn("compressed", self.refused(b"\x1f\x8brest\n"))
        self.assertIn("compressed", self.refused(b"\xfd7zXZ\x00\n"))
        self.assertIn("UTF-16", self.refused("order,member".encode("utf-16") + b"\n\0"))
        self.assertIn("empty", self.refused(b""))
        self.assertTrue(self.refused(b"\n\n\n"))
        self.assertIn("folder", self.bad(1, *self.args(str(self.folder))).err)
        self.assertTrue(self.bad(1, *self.args("/nowhere.csv")).err)

    def test_headers(self):
        said = self.refused(HEADER.replace("member", "membre") + self.GOOD)
        self.assertIn("/columns/member", said)
        self.assertIn("did you mean 'membre'", said)
        self.assertIn("'time'", self.refused(HEADER.replace("name", "time") + self.GOOD))
        self.assertIn("UTF-8", self.refused(HEADER.encode().replace(b"name", b"\xff") + b"\n"))

    def test_rows_that_are_not_understood_are_named_and_the_others_imported(self):
        bad = {"quantity": ["1e5", "NaN", "0", "1.5", "--1", "", "99999999999999999999", "2000000",
                            "1 000", "0x10", "١"],
               "price": ["1.005", "1e2", "-1", "", "1,00", "Infinity", "9" * 30, "$1", "1.", ".5",
                         "9007199254740993"],
               "time": ["2026-02-30 10:00", "0000-01-01 00:00", "2026-01-05", "10:00", "",
                        "99999-01-01 00:00", "2026-01-05 24:00", "2026-01-05 10:00x", "-1",
                        "2999-01-01 00:00", "1969-12-31 10:00", "0001-01-01 00:00"],
               "member": ["x" * 256, "a\xff", "a\0b"], "order": ["", "x" * 300, "\xff"],
               "sku": ["x" * 129, "\xff"], "name": ["x" * 256, "\xff\xfe"]}
        names = HEADER.strip().split(",")
        expected, rows, n = [], [self.GOOD.strip()], 0
        for column, values in bad.items():
            for value in values:
                cells = [f"B{n}", "bob", "2026-01-05 10:00", "TEA", "Tea", "1", "1.00"]
                cells[names.index(column)] = f'"{value}"'
                rows.append(",".join(cells))
                n += 1
                expected.append((len(rows) + 1, column, "refused"))
        text = (HEADER + "\n".join(rows) + "\n").encode("latin-1", "replace")
        path = self.folder / "errors.csv"
        done = self.run_it(*self.args(text, "--json", "--errors", str(path)))
        self.assertEqual(done.code, 1)
        summary = json.loads(done.out)
        with open(path, encoding="utf-8", newline="") as file:
            found = [(int(r["row"]), r["column"], r["outcome"]) for r in csv.DictReader(file)]
        self.assertEqual(found, expected)
        self.assertEqual((summary["orders"], summary["errors"]), (1, n))
        self.assertEqual(self.points(), 10)

    def test_minus_zero_is_nothing(self):
        self.assertEqual(self.orders("A1,ada,2026-01-05 10:00,TEA,Tea,-0,1\n", code=1)["errors"], 1)
        self.assertEqual(self.orders("A1,ada,2026-01-05 10:00,TEA,Tea,1,-0\n")["errors"], 0)

    def test_a_wrong_number_of_cells(self):
        self.assertEqual(self.errors("A1,ada,2026-01-05 10:00,TEA,Tea,1\n" + self.GOOD
                                     + "A2,ada,2026-01-05 10:00,TEA,Tea,1,1.00,x\n\n"),
                         [(2, "", "refused"), (4, "", "refused")])
        self.assertEqual(self.points(), 10)

    def test_a_bad_row_takes_its_order_along(self):
        summary = self.orders("A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"
                              "A1,ada,2026-01-05 10:00,TEA,Tea,x,1.00\n" + self.GOOD, code=1)
        self.assertEqual((summary["orders"], summary["errors"]), (1, 1))
        self.assertEqual(self.points(), 10)

    def test_an_order_is_one_members(self):
        self.assertEqual(self.errors("A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"
                                     "A1,bob,2026-01-05 10:00,TEA,Tea,1,1.00\n"),
                         [(3, "member", "refused")])
        self.assertEqual(self.points(), 0)

    def test_an_order_has_at_most_a_thousand_lines(self):
        row = "A1,ada,2026-01-05 10:00,TEA,Tea,1,1.00\n"
        self.assertEqual(self.orders(row * 1001, code=1)["orders"], 0)
        self.assertEqual(self.orders(row * 1000)["orders"], 1)

    def test_what_is_written_about_a_file_is_no_formula(self):
        path = self.folder / "errors.csv"
        self.run_it(*self.args(HEADER + "A1,ada,=cmd(),TEA,Tea,1,1\nA2,ada,@x,TEA,Tea,1,1\n"
                               "A3,ada,\"+\"\"1,2\",TEA,Tea,1,1\n", "--errors", str(path)))
        with open(path, encoding="utf-8", newline="") as file:
            values = [r["value"] for r in csv.DictReader(file)]
        self.assertEqual(values, ["'=cmd()", "'@x", "'+\"1,2"])

    def test_a_terminal_is_not_steered_by_a_file(self):
        said = self.run_it(*self.args(HEADER + "A1,ada,\x1b[31mred,TEA,Tea,1,1\n")).err
        self.assertIn("?[31mred", said)
        self.assertNotIn("\x1b", said)

    def test_control_characters_in_names_become_blanks(self):
        self.orders('A1,ada,2026-01-05 10:00,TEA,"Tea\nwith\tmilk",1,1.00\n')
        self.assertEqual(self.points(), 10)

    def test_random_bytes_never_end_in_more_than_a_refusal(self):
        dice = random.Random(11)
        base = (HEADER + self.GOOD * 3).encode()
        for _ in range(40):
            text = bytearray(base)
            for _ in range(dice.randrange(1, 6)):
                at = dice.randrange(len(text))
                text[at:at + dice.randrange(3)] = bytes(
                    dice.choice(b'",;\n\r\0\xff1-.a') for _ in range(dice.randrange(4)))
            done = self.run_it(*self.args(bytes(text), "--dry-run"))
            self.assertIn(done.code, (0, 1), done.err)


class Mapping(ImportCase):
    def refuse(self, *pointers, **changes):
        mapping = {k: v for k, v in {**MAPPING, **changes}.items() if v is not None}
        self.map(mapping)
        said = self.refused(HEADER)
        for pointer in pointers:
            self.assertIn(pointer, said)

    def test_each_mistake_has_its_place(self):
        self.refuse("/curency", "currency", curency="EUR")
        self.refuse("/columns", columns=None)
        self.refuse("/columns/time", columns={"order": "order", "member": "member",
                                              "unit_amount": "price"})
        self.refuse("/columns/quantty", "quantity",
                    columns={**MAPPING["columns"], "quantty": "quantity"})
        self.refuse("/source", source=None)
        self.refuse("/currency", currency="EURO")
        self.refuse("/currency", currency="XXQ")
        self.refuse("/timezone", timezone="Europe/Pariss")
        self.refuse("/timezone", timezone=None)
        self.refuse("/time_format", time_format="%Y-%m")
        self.refuse("/time_format", time_format="%Y-%m-%d %Q")
        self.refuse("/time_format", time_format="%Y-%m-%d %I:%M")
        self.refuse("/returns/0", returns=[{"column": "quantity"}])
        self.refuse("/returns/0/column", returns=[{"column": "nope", "at_most": 1}])
        self.refuse("/skip/0/reason", skip=[{"column": "sku", "is": ["x"]}])
        self.refuse("/skip/0/of", "sales", skip=[{"reason": "x", "of": "sale", "column": "sku",
                                                  "is": ["x"]}])
        self.refuse("/amounts", amounts="cents")

    def test_files_that_are_no_mapping(self):
        for text in ("", "[]", "{", '"x"', "[" * 5000, b"\xff"):
            self.mapping = self.write("m.json", text)
            self.assertTrue(self.refused(HEADER))
        self.mapping = "/nowhere.json"
        self.assertIn("cannot be read", self.refused(HEADER))
        self.assertIn("--mapping", self.bad(1, "import", "orders", "--data", self.data, "x").err)

    def test_a_foreign_currency_is_refused_at_once(self):
        self.map({**MAPPING, "currency": "GBP"})
        self.assertIn("EUR", self.refused(HEADER + Hostile.GOOD))

    def test_a_business_without_programme_is_told_so(self):
        self.data = str(self.folder / "bare")
        self.init()
        self.assertIn("habitue apply", self.refused(HEADER + Hostile.GOOD))


class Cut(ImportCase):
    """kill -9 at random moments: every order counts once."""

    def test_a_run_that_is_killed_goes_on(self):
        dice = random.Random(int(os.environ.get("SEED", "3")))
        rows = "".join(f"A{n},m{n % 50},2026-01-05 10:00,TEA,Tea,1,1.00\n"
                       f"R{n},m{n % 50},2026-01-05 10:00,TEA,Tea,-{n % 2},1.00\n" * (n % 2 or 1)
                       for n in range(3000))
        rows = re.sub(r"R.*,-0,.*\n", "", rows)
        args = self.args(self.write("big.csv", HEADER + rows), "--json")
        killed = 0
        for wait_s in [0.1] + [dice.uniform(0.1, 1.5) for _ in range(10)]:
            process = subprocess.Popen([BINARY, *args], env=self.env_for(args),
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=wait_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.stdout.close()
            if process.wait() == 0:
                break
        summary = json.loads(self.good(*args).out)
        self.assertEqual((summary["orders"], summary["refunds"]), (3000, 1500))
        report = self.audit()
        self.assertTrue(report["ok"])
        self.assertEqual(report["checked"]["events"], 4500)
        self.assertEqual(self.points(), 1500 * 10)
        self.assertGreater(killed, 0)


class Progress(ImportCase):
    def test_a_terminal_sees_a_bar(self):
        rows = "".join(f"A{n},m{n % 50},2026-01-05 10:00,TEA,Tea,1,1.00\n" for n in range(4000))
        ours, theirs = pty.openpty()
        args = self.args(HEADER + rows)
        process = subprocess.Popen([BINARY, *args], env=self.env_for(args), stderr=theirs,
                                   stdout=subprocess.PIPE)
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # the other end is gone
                break
            if not chunk:
                break
            seen += chunk
        os.close(ours)
        said = process.stdout.read().decode()
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        self.assertRegex(seen.decode(), r"Importing +\[[#.]{30}\] +\d+ %  \d+ rows/s")
        self.assertRegex(said, r"orders +4,000")


class Members(ImportCase):
    MAP = {"source": "old", "time_format": "%d.%m.%Y", "timezone": "Europe/Berlin",
           "columns": {"external_id": "no", "email": "mail", "phone": "tel", "name": "name",
                       "enrolled_at": "since", "balance": "points"},
           "balance_currency": "points", "attributes": {"city": "city"},
           "metadata": {"consent_email": "news"}}
    HEAD = "no,mail,tel,name,since,points,city,news\n"

    def setUp(self):
        super().setUp()
        self.map(self.MAP)

    def members(self, rows, code=0):
        done = self.run_it(*self.args(self.HEAD + rows, "--json", kind="members"))
        self.assertEqual(done.code, code, done.out + done.err)
        return json.loads(done.out)

    def people(self):
        return [(name, json.loads(a), json.loads(m)) for name, a, m in
                self.query("SELECT name, attributes, metadata FROM person ORDER BY member_id")]

    def test_a_balance_is_brought_along_once(self):
        rows = "1,ada@example.org,+33612345678,Ada,01.02.2020,500,Paris,yes\n"
        self.members(rows)
        self.members(rows)
        self.members(rows + "2,bob@example.org,,Bob,,7,,\n")
        self.assertEqual(self.audit()["currencies"]["points"]["adjusted"], 507)
        (name, attributes, metadata), bob = self.people()
        self.assertEqual((name, attributes), ("Ada", {"city": "Paris"}))
        self.assertEqual((metadata["consent_email"], metadata["imported_from"]), ("yes", "old"))
        self.assertNotIn("consent_email", bob[2])

    def test_who_is_known_is_brought_up_to_date(self):
        self.members("1,ada@example.org,,Ada,,,Paris,yes\n")
        summary = self.members("1,,+33612345678,Ada L.,,,,no\n")
        self.assertEqual(summary["applied"], 1)
        (name, attributes, metadata), = self.people()
        self.assertEqual((name, attributes, metadata["consent_email"]),
                         ("Ada L.", {"city": "Paris"}, "no"))
        self.members(",ada@example.org,,,,,,\n")  # found by e-mail
        self.assertEqual(len(self.people()), 1)

    def test_columns_by_their_own_names(self):
        table = self.write("m.csv", "external_id,name,balance\n1,Ada,10\n2,Bob,\n")
        self.good("import", "members", "--data", self.data, table)
        self.assertEqual(self.points(), 10)
        self.assertIn("external_id", self.bad(1, "import", "members", "--data", self.data,
                                              self.write("n.csv", "a,b\n1,2\n")).err)

    def test_bad_rows_are_refused_and_the_others_imported(self):
        summary = self.members("1,not-an-address,,X,,,,\n"
                               "2,,12,X,,,,\n"
                               ",,,Nobody,,,,\n"
                               "3,,,X,31.02.2020,,,\n"
                               "4,,,X,01.01.2999,,,\n"
                               "5,,,X,,-5,,\n"
                               "6,,,X,,1.5,,\n"
                               "7,,,\"X\ty\",,,,\n"
                               "8,,,X,,\n"
                               "9,,,Good,,5,,\n", code=1)
        self.assertEqual(summary["errors"], 9)
        self.assertEqual([p[0] for p in self.people()], ["Good"])
        self.assertEqual(self.points(), 5)

    def test_a_number_that_is_somebody_elses_is_refused_alone(self):
        self.members("1,ada@example.org,,Ada,,,,\n")
        summary = self.members("2,ada@example.org,,Eve,,100,,\n3,,,Carl,,,,\n", code=1)
        self.assertEqual((summary["errors"], summary["applied"]), (1, 1))
        self.assertEqual(self.points(), 0)

    def test_the_balance_needs_a_currency_of_the_programme(self):
        self.map({**self.MAP, "balance_currency": "stars"})
        self.assertIn("stars", self.bad(1, *self.args(self.HEAD + "1,,,,,5,,\n",
                                                      kind="members")).err)
        mapping = {k: v for k, v in self.MAP.items() if k != "balance_currency"}
        self.map(mapping)
        self.assertIn("/balance_currency", self.bad(1, *self.args(self.HEAD, kind="members")).err)


if __name__ == "__main__":
    command.main()
