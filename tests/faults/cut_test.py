#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut_test.py - the connection to PostgreSQL fails at every message there is.

  cut_test.py HABITUE_PROGRAM [--all]

A till enrols a member with a purchase and redeems a coffee, through a proxy that counts messages.
The n-th time the connection is cut before the n-th message of that conversation, until it has no
n-th message; the same when all connections have to be made first.  --all cuts in the middle of
messages, too, each with FIN and with RST.  Then messages are delayed, and disappear.  shop.py says
what must be true after each.
"""
import argparse
import os
import random
import sys
import time
import unittest

import proxy
import shop

PROGRAM, ALL = None, False
KINDS = ["cut-fin", "cut-rst"]
WAIT_S = 2
N_READERS = 2
# Waiting for an answer, connecting again, being told: and a slow machine.
HOLE_S = 12


class Cut(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = os.environ["TEST_PG"]
        cls.schema = f"cut{os.getpid()}"
        shop.loopback.psql(f"CREATE SCHEMA {cls.schema}")
        path = f"options=-csearch_path%3D{cls.schema}"
        cls.proxy = proxy.Proxy(shop.folder_of(server))
        cls.shop = shop.Shop(
            PROGRAM, f"postgres://habitue@127.0.0.1:{cls.proxy.port}/postgres?sslmode=disable"
            f"&gssencmode=disable&connect_timeout=2&{path}", f"{server}&{path}",
            ["--database-wait", str(WAIT_S), "--readers", str(N_READERS),
             "--writers", "1"])
        cls.tills, cls.told = [], []
        cls.n_faults = {}
        cls.began = time.monotonic()

    @classmethod
    def tearDownClass(cls):
        with_findings = None
        try:
            for till in cls.tills:
                till.check_again(lambda answers: random.sample(answers, 1))
                till.close()
            sums = cls.shop.audit()
            expected = sum(till.points for till in cls.tills)
            assert sums["outstanding"] == expected, (sums, expected)
            cls.shop.stop()
        except AssertionError as failure:
            with_findings = failure
        cls.proxy.close()
        shop.loopback.psql(f"DROP SCHEMA {cls.schema} CASCADE")
        n = sum(len(till.answers) for till in cls.tills)
        print(*cls.told, f"{n} requests answered for good, 503 before: {cls.n_faults}; "
              f"{time.monotonic() - cls.began:.0f} s", sep="\n", flush=True)
        if with_findings:
            raise with_findings

    def visit(self, fault=None):
        """A new member's purchase and coffee, with a fault; the till."""
        till = shop.Till(self.shop, f"m{len(self.tills)}")
        self.tills.append(till)
        self.proxy.fault = fault
        till.order()
        till.redeem()
        self.proxy.fault = None
        till.check()
        till.close()
        for code, n in till.faults.items():
            self.n_faults[code] = self.n_faults.get(code, 0) + n
        return till

    def cut_all(self, what, role, prepare, step):
        """One conversation after another, each cut a little later than the one before."""
        n_by_label, slowest_s = {}, 0
        for kind in KINDS if not ALL else KINDS + ["half-fin", "half-rst"]:
            at = 1 if ALL else KINDS.index(kind) * step + 1
            while True:
                prepare()
                fault = proxy.Fault(kind, at, role=role)
                till = self.visit(fault)
                slowest_s = max(slowest_s, till.slowest_s)
                if not fault.happened:
                    break
                n_by_label[fault.happened] = n_by_label.get(fault.happened, 0) + 1
                at += step if ALL else step * len(KINDS)
        self.told.append(f"{sum(n_by_label.values())} cuts {what}, slowest answer "
                         f"{slowest_s:.2f} s: {n_by_label}")
        self.assertLess(slowest_s, 5)
        self.shop.wait_ready()

    def test_1_a_cut_before_every_message_of_a_writer(self):
        warm = shop.Till(self.shop, "warm")
        self.tills.append(warm)

        def prepare():
            """Statements are prepared once: the conversation is always the same."""
            warm.order()
            warm.redeem()

        prepare()
        self.cut_all("of writers", "writer", prepare, 1)
        # Before it was sent, before it was carried out, and before its answer was given back.
        for label in (">P BEGIN", ">P COMMIT", ">S", "<C COMMIT", "<Z"):
            fault = proxy.Fault("cut-rst", label=label)
            prepare()
            self.visit(fault)
            self.assertEqual(label, fault.happened)
        warm.close()
        self.assertGreater(self.n_faults.get("outcome_unknown", 0), 0)

    def test_1_a_cut_while_connections_are_made(self):
        def prepare():
            self.shop.wait_ready()
            self.proxy.cut_all()

        self.cut_all("from the first message on", None, prepare, 2 if ALL else 9)

    def test_2_a_cut_before_every_message_of_a_reader(self):
        till = self.visit()
        at, n_cuts = 1, 0
        while True:
            fault = self.proxy.fault = proxy.Fault(KINDS[at % 2], at, role="reader")
            till.check()
            self.proxy.fault = None
            if not fault.happened:
                break
            n_cuts += 1
            at += 1
        self.told.append(f"{n_cuts} cuts of readers")
        self.assertGreater(n_cuts, 10)

    def test_3_what_comes_late_is_no_fault(self):
        for label in (">P BEGIN", ">P COMMIT", "<C COMMIT", "<Z"):
            till = self.visit(proxy.Fault("delay", label=label, seconds=0.5))
            self.assertEqual({}, till.faults, label)

    def test_4_a_writer_whose_messages_disappear_is_given_up_in_time(self):
        unknown = {">P BEGIN": False, ">B": False, ">P COMMIT": True, "<C COMMIT": True}
        for label, may_be_unknown in unknown.items():
            till = self.visit(proxy.Fault("hole", label=label))
            self.assertLess(till.slowest_s, HOLE_S, label)
            self.assertTrue(may_be_unknown or "outcome_unknown" not in till.faults, label)
        self.shop.wait_ready()

    def test_5_a_database_behind_a_black_hole_is_away_and_comes_back(self):
        self.visit()
        self.proxy.is_hole = True
        began = time.monotonic()
        till = shop.Till(self.shop, "hole")
        status, content, _ = till.ask_once("/v1/events", {
            "source": "till", "external_id": "hole-1", "type": "visit",
            "member": {"external_id": "hole"}}, None)
        self.assertEqual(503, status, content)
        self.assertLess(till.slowest_s, HOLE_S)
        away_s = self.shop.wait_ready(503) + time.monotonic() - began
        # Who has noticed does not wait again: each of the readers waits once at most.
        n_slow = 0
        for _ in range(40):
            asked = time.monotonic()
            status, told = self.shop.ready()
            n_slow += time.monotonic() - asked > 0.5
            self.assertEqual((503, "store_unreachable"), (status, told["code"]))
        self.assertLessEqual(n_slow, N_READERS)
        till.close()
        self.proxy.is_hole = False
        back_s = self.shop.wait_ready()
        self.told.append(f"away after {away_s:.1f} s, back {back_s:.1f} s after the hole ended")
        self.visit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--all", action="store_true")
    given, rest = parser.parse_known_args()
    PROGRAM, ALL = given.program, given.all
    if "TEST_PG" not in os.environ:
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + ["-v"] + rest)
