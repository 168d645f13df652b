#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""two_servers_test.py - two servers on one PostgreSQL are one shop.

  two_servers_test.py HABITUE_PROGRAM

What each of them is told the other knows, and what both are told at the same moment happens once.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time
import unittest

import loopback

PROGRAM = None
N_THREADS = 8


def order(external_id, member="ada", quantity=1):
    return {"source": "till", "external_id": external_id, "type": "order.paid",
            "member": {"external_id": member},
            "order": {"lines": [{"id": "1", "quantity": quantity, "unit_amount": 1000}]}}


class TwoServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first = loopback.Habitue(PROGRAM)
        cls.second = loopback.Server([PROGRAM, "serve", "--listen", "127.0.0.1:0"],
                                     env=cls.first.env)
        cls.second.keys = cls.first.keys
        cls.servers = [cls.first, cls.second]

    @classmethod
    def tearDownClass(cls):
        with cls.first, cls.second:
            audit = subprocess.run([PROGRAM, "audit"], stdout=subprocess.PIPE, text=True,
                                   stderr=subprocess.STDOUT, env=cls.first.env)
        assert audit.returncode == 0 and "every law is kept" in audit.stdout, audit.stdout

    def ask(self, server, method, path, body=None, **options):
        """(status, the reply as JSON); what another attempt can mend is tried again."""
        for _ in range(20):
            status, _, content = server.request(method, path, body, **options)
            if status != 503:
                break
            time.sleep(0.05)
        return status, json.loads(content) if content else None

    def at_once(self, calls):
        """Runs (server, method, path, body, options) tuples together; their answers in order."""
        def run(call):
            server, method, path, body, options = call
            return self.ask(server, method, path, body, **options)

        with concurrent.futures.ThreadPoolExecutor(N_THREADS) as pool:
            return list(pool.map(run, calls))

    def points(self, server, external_id):
        _, found = self.ask(server, "GET", f"/v1/members?external_id={external_id}")
        _, told = self.ask(server, "GET", f"/v1/members/{found['data'][0]['id']}/balances")
        return told["balances"]["points"]["available"]

    def test_200_events_of_one_member_through_both_are_all_there(self):
        answers = self.at_once((self.servers[i % 2], "POST", "/v1/events", order(f"m-{i}"), {})
                               for i in range(200))
        self.assertEqual({201}, {status for status, _ in answers})
        self.assertEqual(200 * 100, self.points(self.first, "ada"))
        self.assertEqual(200 * 100, self.points(self.second, "ada"))

    def test_batches_that_meet_in_the_same_members_both_end(self):
        def batch(of, members):
            return {"events": [order(f"{of}-{name}", f"x{name}") for name in members]}

        calls = []
        for i in range(10):
            calls.append((self.first, "POST", "/v1/events", batch(f"a{i}", range(20)), {}))
            calls.append((self.second, "POST", "/v1/events", batch(f"b{i}", range(19, -1, -1)), {}))
        for status, told in self.at_once(calls):
            self.assertEqual(200, status)
            self.assertEqual({"event"}, {result["object"] for result in told["results"]})
        self.assertEqual([20 * 100] * 20, [self.points(self.first, f"x{n}") for n in range(20)])

    def test_the_same_event_through_both_happens_once(self):
        for i in range(20):
            answers = self.at_once((server, "POST", "/v1/events", order(f"s-{i}", "bea"), {})
                                   for server in self.servers * 2)
            self.assertEqual(1, len({told.get("id") for _, told in answers}), answers)
        self.assertEqual(20 * 100, self.points(self.second, "bea"))

    def test_the_same_person_enrols_once(self):
        for i in range(20):
            body = {"external_id": f"p-{i}", "email": f"p{i}@example.org"}
            answers = self.at_once((server, "POST", "/v1/members", body, {})
                                   for server in self.servers * 2)
            self.assertEqual(1, len({told.get("id") for _, told in answers}), answers)
            self.assertEqual([200, 200, 200, 201], sorted(status for status, _ in answers))

    def test_a_line_is_returned_once(self):
        for i in range(10):
            self.ask(self.first, "POST", "/v1/events", order(f"o-{i}", "cy"))
            refund = {"source": "till", "type": "order.refunded", "refund_of": f"o-{i}",
                      "order": {"lines": [{"id": "1", "quantity": 1}]}}
            answers = self.at_once(
                (server, "POST", "/v1/events", {**refund, "external_id": f"r-{i}-{n}"}, {})
                for n, server in enumerate(self.servers * 2))
            self.assertEqual([201, 409, 409, 409], sorted(status for status, _ in answers))
        self.assertEqual(0, self.points(self.first, "cy"))

    def test_a_reward_is_not_bought_twice_with_the_same_points(self):
        self.ask(self.first, "POST", "/v1/events", order("w-1", "di", 7))
        _, found = self.ask(self.second, "GET", "/v1/members?external_id=di")
        body = {"member_id": found["data"][0]["id"], "reward_id": "coffee"}
        answers = self.at_once(
            (server, "POST", "/v1/redemptions", body, {"headers": {"Idempotency-Key": f"w-{n}"}})
            for n, server in enumerate(self.servers * 2))
        self.assertEqual([201, 409, 409, 409], sorted(status for status, _ in answers))
        self.assertEqual(200, self.points(self.first, "di"))

    def test_one_idempotency_key_has_one_answer(self):
        self.ask(self.first, "POST", "/v1/events", order("k-1", "eve", 50))
        _, found = self.ask(self.first, "GET", "/v1/members?external_id=eve")
        body = {"member_id": found["data"][0]["id"], "reward_id": "coffee"}
        answers = self.at_once(
            (server, "POST", "/v1/redemptions", body, {"headers": {"Idempotency-Key": "one"}})
            for server in self.servers * 4)
        self.assertEqual(1, len({told.get("id") for _, told in answers}), answers)
        self.assertEqual(5000 - 500, self.points(self.second, "eve"))

    def test_a_key_that_one_revokes_the_other_refuses_within_two_seconds(self):
        body = {"name": "till", "scopes": "members:read"}
        status, made = self.ask(self.first, "POST", "/v1/keys", body)
        self.assertEqual(201, status)
        path = "/v1/members?external_id=nobody"
        secret, number = made["secret"], made["key"]["id"]
        self.assertEqual(200, self.ask(self.second, "GET", path, key=secret)[0])
        self.assertEqual(204, self.ask(self.first, "DELETE", f"/v1/keys/{number}")[0])
        self.assertEqual(401, self.ask(self.first, "GET", path, key=secret)[0])
        time.sleep(1.5)
        self.assertEqual(401, self.ask(self.second, "GET", path, key=secret)[0])

    def test_what_one_is_told_of_the_programme_the_other_knows(self):
        _, now = self.ask(self.first, "GET", "/v1/program", key="other")
        document = now["document"]
        document["rules"][0]["earn"]["points"]["units"] = 20
        status, _ = self.ask(self.first, "POST", "/v1/program/versions", {"document": document},
                             key="other")
        self.assertEqual(201, status)
        status, told = self.ask(self.second, "POST", "/v1/events", order("z-1"), key="other")
        self.assertEqual(201, status)
        self.assertEqual(200, told["effects"][0]["units"])

    def round_trips(self):
        said = self.first.request("GET", "/metrics", key=None)[2].decode()
        return int(re.search(r"^habitue_database_round_trips_total (\d+)$", said, re.M)[1])

    def round_trips_of(self, path, bodies):
        """How often each of these requests waited for PostgreSQL; jobs wait now and then, too."""
        before = self.round_trips()
        for i, body in enumerate(bodies):
            status, _ = self.ask(self.first, "POST", path, body,
                                 headers={"Idempotency-Key": f"{path}-{body['external_id']}-{i}"})
            self.assertIn(status, (200, 201))
        return (self.round_trips() - before) / len(bodies)

    def test_a_request_waits_for_the_database_seldom(self):
        n = 50
        joining = [{"external_id": f"near-{i}", "email": f"near-{i}@example.org"} for i in range(n)]
        orders = [order(f"near-{i}", f"near-{i}") for i in range(n)]
        returns = [{"source": "till", "external_id": f"near-back-{i}", "type": "order.refunded",
                    "refund_of": f"near-{i}"} for i in range(n)]
        # BEGIN, two questions, all writes with COMMIT; who joins is read back for the reply.
        self.assertLess(self.round_trips_of("/v1/members", joining), 8)
        self.assertLess(self.round_trips_of("/v1/events", orders), 5)
        self.assertLess(self.round_trips_of("/v1/events", returns), 5)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    if "TEST_PG" not in os.environ:
        sys.exit(77)
    os.environ["TEST_BACKEND"] = "postgres"
    unittest.main(argv=sys.argv[:1] + ["-v"])
