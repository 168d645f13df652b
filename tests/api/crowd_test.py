#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crowd_test.py - many at once: large batches, the same request from many clients, races, limits.

  crowd_test.py HABITUE_PROGRAM
"""
import concurrent.futures
import json
import sys
import unittest

import loopback

PROGRAM = sys.argv.pop(1)
CLIENTS = 64


def order(number, member, cents=1000):
    return {"source": "till-1", "external_id": f"A-{number}", "type": "order.paid",
            "member": {"external_id": member},
            "order": {"lines": [{"id": "1", "sku": "LATTE", "quantity": 1,
                                 "unit_amount": cents}]}}


class Crowd(unittest.TestCase):
    def setUp(self):
        self.server = loopback.Habitue(PROGRAM)

    def tearDown(self):
        self.server.__exit__()

    def post(self, path, body, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        status, headers, content = self.server.request("POST", path, body, "all", headers)
        return status, content

    def available(self, member_id):
        _, _, content = self.server.request("GET", f"/v1/members/{member_id}/balances")
        return json.loads(content)["balances"]["points"]["available"]

    def at_once(self, calls):
        """The replies of all calls, each from a client of its own."""
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            return [one.result() for one in [pool.submit(*call) for call in calls]]

    def test_a_thousand_events_are_answered_one_by_one_in_their_order(self):
        events = [order(i, f"m-{i % 50}") for i in range(1000)]
        for i in range(0, 1000, 7):
            events[i]["order"]["lines"][0]["quantity"] = 0
        status, content = self.post("/v1/events", {"events": events})
        results = json.loads(content)["results"]
        self.assertEqual((status, len(results)), (200, 1000))
        for i, result in enumerate(results):
            if i % 7 == 0:
                self.assertEqual(result["errors"][0]["pointer"],
                                 f"/events/{i}/order/lines/0/quantity")
            else:
                self.assertEqual((result["external_id"], result["effects"][0]["units"]),
                                 (f"A-{i}", 100))
        good = [i for i in range(1000) if i % 7]
        last = {i % 50: results[i] for i in good}
        for member, result in last.items():
            self.assertEqual(result["balances"]["points"]["available"],
                             100 * sum(1 for i in good if i % 50 == member))
        # All of it again: every answer is the first one's, and nobody has more.
        status, again = self.post("/v1/events", {"events": events})
        self.assertEqual((status, again), (200, content))
        self.assertEqual(self.available(last[1]["member_id"]),
                         last[1]["balances"]["points"]["available"])

    def test_a_batch_has_its_limit(self):
        status, content = self.post("/v1/events", {"events": [order(i, "m") for i in range(1001)]})
        self.assertEqual(status, 422)
        self.assertEqual(json.loads(content)["errors"][0]["pointer"], "/events")
        status, _, content = self.server.request("GET", "/v1/members")
        self.assertEqual(json.loads(content)["data"], [])

    def test_one_event_from_many_clients_happens_once(self):
        replies = self.at_once([(self.post, "/v1/events", order(1, "ada"))] * CLIENTS)
        self.assertEqual(sorted(status for status, _ in replies), [200] * (CLIENTS - 1) + [201])
        self.assertEqual(len({content for _, content in replies}), 1)
        self.assertEqual(self.available(json.loads(replies[0][1])["member_id"]), 100)

    def test_one_key_from_many_clients_is_one_coffee(self):
        member = json.loads(self.post("/v1/events", order(1, "ada", 50000))[1])["member_id"]
        body = {"member_id": member, "reward_id": "coffee"}
        replies = self.at_once([(self.post, "/v1/redemptions", body, "k")] * CLIENTS)
        self.assertEqual({status for status, _ in replies}, {201})
        self.assertEqual(len({content for _, content in replies}), 1)
        self.assertEqual(self.available(member), 4500)

    def test_who_races_for_one_coffee_gets_one(self):
        member = json.loads(self.post("/v1/events", order(1, "ada", 9000))[1])["member_id"]
        body = {"member_id": member, "reward_id": "coffee"}
        replies = self.at_once([(self.post, "/v1/redemptions", body, f"k-{i}")
                                for i in range(CLIENTS)])
        self.assertEqual(sorted(status for status, _ in replies), [201] + [409] * (CLIENTS - 1))
        self.assertEqual(self.available(member), 400)
        refused = json.loads(next(content for status, content in replies if status == 409))
        self.assertEqual((refused["code"], refused["missing"]), ("insufficient_balance", 100))


class Limited(unittest.TestCase):
    def test_who_asks_too_often_is_told_when_to_come_back(self):
        # One in a hundred of catalog/rates.def: one call of the class ADMIN, then one a second.
        with loopback.Habitue(PROGRAM, "--rate-percent", "1") as server:
            replies = [server.request("GET", "/v1/keys") for _ in range(3)]
            self.assertEqual([status for status, _, _ in replies], [200, 429, 429])
            status, headers, content = replies[1]
            self.assertEqual(json.loads(content)["code"], "rate_limited")
            self.assertEqual(headers["content-type"], "application/problem+json")
            self.assertGreaterEqual(int(headers["retry-after"]), 1)
            self.assertIn("r=0", headers["ratelimit"])
            # Another key has a budget of its own.
            self.assertEqual(server.request("GET", "/v1/keys", key="admin")[0], 200)


if __name__ == "__main__":
    unittest.main()
