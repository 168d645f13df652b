#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rewards_test.py - what units buy, what a till is told to hand over, and what is still missing.

  rewards_test.py HABITUE
"""
import uuid

import shop
from shop import earned, line, per_euro, points, programme, reward, template


def product(sku):
    return {"type": "product", "sku": sku}


class Till(shop.Shops):
    """A reward is paid for with units, and the reply says what the till does about it."""

    def handed_over(self, gives):
        """The reply to redeeming a reward that gives this, for 100 of 120 points."""
        self.apply(programme([per_euro(10)], [reward("it", 100, gives)]))
        ada = self.buy("ada", 1200)["member_id"]
        reply = self.redeem(ada, "it")
        self.assertEqual((reply["status"], reply["cost"]), ("redeemed", {"points": 100}))
        self.assertEqual(self.has(ada), {"points": 20})
        self.assertEqual(self.redeem(ada, "it", 409)["missing"], 80)
        return reply["gives"]

    # proves S.D01: an amount
    def test_a_discount_of_an_amount(self):
        gives = {"type": "discount", "amount": 1000}
        self.assertEqual(self.handed_over(gives), gives)

    # proves S.D01: per cent
    def test_a_discount_of_a_percentage(self):
        gives = {"type": "discount", "percent": 15}
        self.assertEqual(self.handed_over(gives), gives)

    # proves S.D02
    def test_a_free_product(self):
        self.assertEqual(self.handed_over(product("COFFEE")), product("COFFEE"))
        # Handed over as a line of the next order, it earns nothing.
        order = self.buy("ada", 500, line(450, sku="COFFEE", reward=True))
        self.assertEqual(earned(order), {"spend": 50})

    # proves S.D03
    def test_free_delivery(self):
        self.assertEqual(self.handed_over({"type": "free_shipping"}), {"type": "free_shipping"})

    # proves S.D05: ours and somebody else's
    def test_gift_cards(self):
        for gives in ({"type": "gift_card", "amount": 2000},
                      {"type": "gift_card", "amount": 2500, "brand": "Bookshop"}):
            self.apply(programme([per_euro(10)], [reward("it", 100, gives)]))
            ada = self.buy("ada", 1000)["member_id"]
            self.assertEqual(self.redeem(ada, "it")["gives"], gives)

    # proves S.D06: two seats, one each, for members who know the house
    def test_a_seat_at_an_event(self):
        gives = {"type": "event_access", "event": "chefs-evening"}
        self.apply(programme([per_euro(10)], [
            reward("seat", 100, gives, limits={"per_member": 1, "stock": 2},
                   when="member.orders >= 2")]))
        first = [self.buy(name, 5000)["member_id"] for name in ("ada", "bob", "cy")]
        self.assertEqual(self.redeem(first[0], "seat", 409)["code"], "not_eligible")
        for name in ("ada", "bob", "cy"):
            self.buy(name, 5000)
        self.assertEqual(self.redeem(first[0], "seat")["gives"], gives)
        self.assertEqual(self.redeem(first[0], "seat", 409)["code"], "member_limit_reached")
        self.redeem(first[1], "seat")
        self.assertEqual(self.redeem(first[2], "seat", 409)["code"], "out_of_stock")

    # proves S.D08
    def test_merchandise(self):
        gives = {"type": "merchandise", "sku": "MUG"}
        self.assertEqual(self.handed_over(gives), gives)

    # proves S.D09
    def test_a_donation(self):
        gives = {"type": "donation", "cause": "night-shelter", "amount": 1000}
        self.assertEqual(self.handed_over(gives), gives)

    # proves S.D16: reserved at the till, spent when the order is paid, and not earned on again
    def test_points_are_a_discount_while_buying(self):
        self.apply(programme([per_euro(10)], [reward("ten-off", 250, {"type": "discount",
                                                                      "amount": 1000})]))
        ada = self.buy("ada", 3000)["member_id"]
        hold = self.redeem(ada, "ten-off", hold=True)
        self.assertEqual((hold["status"], hold["gives"]["amount"]), ("held", 1000))
        self.assertEqual(self.has(ada), {"points": 50})
        order = self.buy("ada", 4500, order={"tendered": 1000})
        self.assertEqual(earned(order), {"spend": 350})
        spent = self.call("POST", f"/v1/redemptions/{hold['id']}/capture", {},
                          Idempotency_Key=uuid.uuid4().hex)
        self.assertEqual(spent["status"], "redeemed")
        self.assertEqual(self.has(ada), {"points": 400})


class Choice(shop.Shops):
    # proves S.D10: everything there is, in the document's order, in both languages
    def test_the_catalogue(self):
        document = template("restaurant")
        self.apply(document)
        listed = self.call("GET", "/v1/rewards")["data"]
        wanted = [{name: each[name] for name in ("id", "name", "cost", "gives")}
                  for each in document["rewards"]]
        self.assertEqual([{name: each[name] for name in ("id", "name", "cost", "gives")}
                          for each in listed], wanted)

    # proves S.D11
    def test_each_threshold_opens_at_its_unit(self):
        thresholds = {"ten-off": 250, "coffee": 500, "starter": 750, "treatment": 1000}
        self.apply(programme([], [reward(name, cost, product(name))
                                  for name, cost in thresholds.items()]))
        ada, had = self.join("ada"), 0
        for goal in thresholds.values():
            for units in (goal - 1, goal):
                self.call("POST", f"/v1/members/{ada}/adjustments",
                          {"currency": "points", "units": units - had, "reason": "a test"}, 201,
                          Idempotency_Key=uuid.uuid4().hex)
                had = units
                told = self.rewards(ada)
                self.assertEqual({name for name in thresholds if told[name]["affordable"]},
                                 {name for name, cost in thresholds.items() if cost <= units})

    # proves S.D13
    def test_the_member_chooses(self):
        self.apply(programme([per_euro(10)], [reward("coffee", 300, product("COFFEE")),
                                              reward("book", 400, product("BOOK"))]))
        ada, bob = (self.buy(name, 5000)["member_id"] for name in ("ada", "bob"))
        self.assertTrue(all(each["affordable"] for each in self.rewards(ada).values()))
        self.redeem(ada, "coffee")
        self.redeem(bob, "book")
        self.assertEqual((self.has(ada), self.has(bob)), ({"points": 200}, {"points": 100}))
        for member_id, chosen in ((ada, "coffee"), (bob, "book")):
            had = self.call("GET", f"/v1/members/{member_id}/redemptions")["data"]
            self.assertEqual([each["reward_id"] for each in had], [chosen])

    # proves S.D14: by what members like, and by what they do
    def test_rewards_are_for_those_they_suit(self):
        self.apply(programme([per_euro(10)], [
            reward("tea", 100, product("TEA"),
                   when="member.attributes.?drink.orValue('') == 'tea'"),
            reward("thanks", 1, product("CAKE"),
                   when="member.orders >= 3 && member.spend >= 3000")]))
        ada, bob = self.join("ada", attributes={"drink": "tea"}), self.join("bob")
        for _ in range(3):
            self.buy("ada", 900)
            self.buy("bob", 1000)

        def may_have(member_id):
            return [name for name, told in self.rewards(member_id).items() if told["affordable"]]
        self.assertEqual((may_have(ada), may_have(bob)), (["tea"], ["thanks"]))
        self.assertEqual(self.redeem(bob, "tea", 409)["code"], "not_eligible")
        self.call("PATCH", f"/v1/members/{bob}", {"attributes": {"drink": "tea"}})
        self.assertEqual(may_have(bob), ["tea", "thanks"])


class Clarity(shop.Shops):
    # proves S.D18
    def test_what_is_missing_for_each_reward_is_always_told(self):
        self.apply(programme([per_euro(10)], [reward("coffee", 500, product("COFFEE")),
                                              reward("cake", 800, product("CAKE"))]))
        ada = self.join("ada")
        for missing in ((500, 800), (370, 670), (240, 540)):
            told = self.rewards(ada)
            self.assertEqual((told["coffee"]["missing"], told["cake"]["missing"]), missing)
            self.buy("ada", 1300)
        self.buy("ada", 1300)
        told = self.rewards(ada)
        self.assertEqual((told["coffee"]["affordable"], told["cake"]["missing"]), (True, 280))

    # proves S.D19: the figures, where they come from, what may be had and what was had
    def test_members_follow_their_balance_and_rewards(self):
        self.apply(programme([per_euro(10)], [reward("coffee", 300, product("COFFEE"))],
                             [points(expiry={"policy": "rolling", "after": "P12M"})]))
        ada = self.buy("ada", 4500)["member_id"]
        self.redeem(ada, "coffee")
        balances = self.call("GET", f"/v1/members/{ada}/balances")
        self.assertEqual(balances["balances"],
                         {"points": {"available": 150, "pending": 0, "held": 0}})
        self.assertEqual(balances["next_expiry"]["points"]["units"], 150)
        entries = self.call("GET", f"/v1/members/{ada}/ledger")["data"]
        self.assertEqual([(each["type"], each["units"]) for each in entries],
                         [("redeem", 300), ("earn", 450)])
        self.assertIn("chaque achat", entries[1]["sentence"]["fr"])
        self.assertEqual(self.rewards(ada)["coffee"]["missing"], 150)
        had = self.call("GET", f"/v1/members/{ada}/redemptions")["data"]
        self.assertEqual([(each["reward_id"], each["status"]) for each in had],
                         [("coffee", "redeemed")])

    # proves S.D20
    def test_the_basket_says_what_to_add_and_keeps_its_word(self):
        self.apply(programme([per_euro(10), {
            "id": "basket", "name": {"en": "baskets from 20 €", "fr": "les paniers de 20 €"},
            "on": "order.paid", "phase": "bonus", "when": "order.paid >= 2000",
            "earn": {"points": 50}}], [reward("coffee", 250, product("COFFEE"))]))
        basket = self.quote("ada", 1690)
        nudge = next(each for each in basket["near_misses"] if each["rule_id"] == "basket")
        self.assertEqual((nudge["units"], nudge["missing"]), (50, 310))
        self.assertEqual(nudge["sentence"]["en"], "+50 points if you add 3.10 €: baskets from 20 €")
        self.assertFalse(basket["rewards"][0]["reached"])
        # With an item of 3.10 the goal is reached, and the till gives what the basket said.
        fuller = self.quote("ada", 1690, 310)
        self.assertTrue(fuller["rewards"][0]["reached"])
        self.assertEqual(earned(fuller), {"spend": 200, "basket": 50})
        self.assertEqual(earned(self.buy("ada", 1690, 310)), earned(fuller))


if __name__ == "__main__":
    shop.main()
