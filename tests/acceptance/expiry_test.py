#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""expiry_test.py - how long units last, and how members are told.

  expiry_test.py HABITUE
"""
import shop
from shop import LONG_AGO, per_euro, points, programme

BOUGHT = "2024-01-31T11:00:00Z"


class Expiry(shop.Shops):
    def lasts_until(self, expiry):
        """When points of the 31st of January 2024 expire in a programme that says so."""
        kind = points(expiry=expiry) if expiry else points()
        self.apply(programme([per_euro(10)], currencies=[kind], back_dating=LONG_AGO))
        return self.buy("ada", 1000, occurred_at=BOUGHT)["effects"][0]["expires_at"]

    # proves S.E01: never
    def test_units_that_never_expire(self):
        self.assertIsNone(self.lasts_until({"policy": "none"}))
        self.assertEqual(self.has(self.buy("ada", 100)["member_id"]), {"points": 110})

    # proves S.E01: so long after they were earned, the last day in full by the shop's clock
    def test_units_that_last_a_month(self):
        self.assertEqual(self.lasts_until({"policy": "rolling", "after": "P1M"}),
                         "2024-02-29T23:00:00Z")

    # proves S.E01: until the end of the quarter in which the period ends
    def test_units_that_last_until_the_end_of_a_quarter(self):
        rounded = {"policy": "rolling", "after": "P3M", "round": "quarter"}
        self.assertEqual(self.lasts_until(rounded), "2024-06-30T22:00:00Z")

    # proves S.E01: on fixed days, after a shortest life
    def test_units_that_expire_on_fixed_days(self):
        fixed = {"policy": "calendar", "dates": ["06-30", "12-31"], "after": "P6M"}
        self.assertEqual(self.lasts_until(fixed), "2024-12-31T23:00:00Z")

    # proves S.E01: a live change counts for what is earned from then on
    def test_the_period_changes_and_what_was_earned_keeps_its_date(self):
        def document(period):
            return programme([per_euro(10)],
                             currencies=[points(expiry={"policy": "rolling", "after": period})])
        self.apply(document("P12M"))
        first = self.buy("ada", 1000)
        self.apply(document("P1M"))
        second = self.buy("ada", 500)
        listed = self.call("GET", f"/v1/members/{first['member_id']}/expiries")["data"]
        told = [(each["expires_at"], each["units"]) for each in listed]
        self.assertEqual(told, [(second["effects"][0]["expires_at"], 50),
                                (first["effects"][0]["expires_at"], 100)])
        self.assertLess(told[0][0], told[1][0])

    # proves S.E02: before it happens the member sees what expires when, and afterwards why
    def test_members_are_told_what_expires_and_what_has_expired(self):
        rolling = {"policy": "rolling", "after": "P1M"}
        self.assertEqual(self.lasts_until(rolling), "2024-02-29T23:00:00Z")
        recent = self.buy("ada", 700)
        ada = recent["member_id"]
        expires_at = recent["effects"][0]["expires_at"]
        self.assertEqual(self.has(ada), {"points": 70})
        listed = self.call("GET", f"/v1/members/{ada}/expiries")["data"]
        self.assertEqual([(each["currency"], each["expires_at"], each["units"]) for each in listed],
                         [("points", expires_at, 70)])
        balances = self.call("GET", f"/v1/members/{ada}/balances")
        self.assertEqual(balances["next_expiry"], {"points": {"at": expires_at, "units": 70}})
        expired = self.call("GET", f"/v1/members/{ada}/ledger")["data"][1]
        self.assertEqual((expired["type"], expired["units"]), ("expire", 100))
        self.assertEqual(expired["sentence"]["en"],
                         "-100 points: expired, the last day was 29 February 2024")
        self.assertRegex(expired["sentence"]["fr"], "le dernier jour était le 29 février 2024$")

    # proves S.E02: whoever changes the rule reads it as members will feel it
    def test_the_rule_itself_is_a_sentence(self):
        self.apply(programme([per_euro(10)]))
        changed = programme([per_euro(10)],
                            currencies=[points(expiry={"policy": "rolling", "after": "P12M"})])
        plan = self.call("POST", "/v1/program/plan", {"document": changed})
        sentence = plan["changes"][0]["sentence"]
        self.assertRegex(sentence["en"], "expire after 12 months.*have already keep their dates")
        self.assertRegex(sentence["fr"], "expirent après 12 mois")


if __name__ == "__main__":
    shop.main()
