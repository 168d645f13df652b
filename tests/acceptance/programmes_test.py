#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""programmes_test.py - kinds of programmes: points, stars, credit, frequency, volume, brands.

  programmes_test.py HABITUE
"""
import shop
from shop import LONG_AGO, earned, line, per_euro, points, programme, reward, template


def currency(name, one, many, **fields):
    return {"id": name, "unit": {"en": [one, many]}, **fields}


def rate(name, units, **fields):
    """A rule that earns so many units of the currency with that name per 1.00."""
    return {"id": name, "on": "order.paid", "earn": {name: {"units": units, "per": 100, **fields}}}


def product(sku):
    return {"type": "product", "sku": sku}


class Kinds(shop.Shops):
    # proves S.B01: for purchases and deeds, added up, for a reward or a discount
    def test_points_are_collected_and_exchanged(self):
        self.apply(programme(
            [per_euro(10), {"id": "review", "on": "review.written", "earn": {"points": 30}}],
            [reward("coffee", 300, product("COFFEE")),
             reward("five-off", 200, {"type": "discount", "amount": 500})]))
        self.buy("ada", 2000)
        self.tell("review.written", "ada")
        ada = self.buy("ada", 2750)["member_id"]
        self.assertEqual(self.has(ada), {"points": 505})
        self.assertEqual(self.redeem(ada, "coffee")["gives"]["sku"], "COFFEE")
        self.assertEqual(self.redeem(ada, "five-off")["gives"]["amount"], 500)
        self.assertEqual(self.has(ada), {"points": 5})
        self.assertEqual(self.redeem(ada, "five-off", 409)["code"], "insufficient_balance")

    # proves S.B13: one purchase, as points, credits, miles and cents of cash-back
    def test_a_purchase_becomes_any_kind_of_value(self):
        kinds = [points(), currency("credits", "credit", "credits"),
                 currency("miles", "mile", "miles"), currency("cashback", "euro", "euros", scale=2)]
        self.apply(programme([
            per_euro(10), rate("credits", 1), rate("miles", 3),
            rate("cashback", 3, rounding="half_even", per_line=True)], currencies=kinds))
        # 3 % of 0.50 is 1.5 cents, to the even cent 2, line by line: 1 more than 3 % of 100.00.
        reply = self.buy("ada", 50, 50, 9900)
        self.assertEqual(self.has(reply["member_id"]),
                         {"points": 1000, "credits": 100, "miles": 300, "cashback": 301})
        cents = next(each for each in reply["effects"] if each["currency"] == "cashback")
        self.assertEqual([each["units"] for each in cents["derivation"]["lines"]], [2, 2, 297])
        self.assertRegex(cents["sentence"]["en"], r"^\+3\.01 euros")

    # proves S.B22: another name, the same mathematics
    def test_a_currency_is_called_as_the_shop_likes(self):
        sentences, balances = [], []
        for one, many, un, plusieurs in (("point", "points", "point", "points"),
                                         ("bean", "beans", "grain", "grains")):
            kind = {"id": "points", "unit": {"en": [one, many], "fr": [un, plusieurs]}}
            self.apply(programme([per_euro(1)], currencies=[kind]))
            replies = [self.buy(many, amount) for amount in (100, 4200)]
            told = [reply["effects"][0]["sentence"] for reply in replies]
            sentences.append([(each["en"], each["fr"]) for each in told])
            balances.append(replies[-1]["balances"])
        self.assertEqual(balances[0], balances[1])
        renamed = [(en.replace("point", "bean"), fr.replace("point", "grain"))
                   for en, fr in sentences[0]]
        self.assertEqual(sentences[1], renamed)
        self.assertRegex(sentences[1][0][0], r"^\+1 bean: ")
        self.assertRegex(sentences[1][1][1], r"^\+42 grains\u00a0: ")

    # proves S.B16: purchases of the year are counted, each channel for itself
    def test_a_number_of_purchases_in_a_year_is_rewarded_by_channel(self):
        ends = {"policy": "calendar", "dates": ["12-31"]}
        kinds = [currency(name, "purchase", "purchases", expiry=ends)
                 for name in ("online", "in_store")]
        rules = [{"id": name, "on": "order.paid", "earn": {name: 1},
                  "when": f"event.?channel.orValue('') == '{name}'"}
                 for name in ("online", "in_store")]
        self.apply(programme(rules, [reward("delivery", {"online": 3}, {"type": "free_shipping"}),
                                     reward("cake", {"in_store": 3}, product("CAKE"))],
                             kinds, back_dating=LONG_AGO))
        for month in ("2024-10", "2024-12"):  # of another year: they count no more
            self.buy("ada", 1000, channel="online", occurred_at=f"{month}-31T20:00:00+01:00")
        for channel in ("online", "in_store", "online", "in_store"):
            ada = self.buy("ada", 1000, channel=channel)["member_id"]
        self.assertEqual(self.has(ada), {"online": 2, "in_store": 2})
        self.assertEqual(self.redeem(ada, "delivery", 409)["missing"], 1)
        self.buy("ada", 1000, channel="online")
        self.redeem(ada, "delivery")
        self.assertEqual(self.redeem(ada, "cake", 409)["missing"], 1)

    # proves S.B17: all brands, products and services of a year add up, member by member
    def test_the_total_value_of_a_period_is_rewarded(self):
        volume = currency("volume", "euro", "euros",
                          expiry={"policy": "rolling", "after": "P12M"})
        crossed = {"id": "loyal", "on": "order.paid", "phase": "bonus", "earn": {"points": 500},
                   "when": "member.balances['volume'] < 1000 && "
                           "member.balances['volume'] + order.paid / 100 >= 1000"}
        self.apply(programme([rate("volume", 1), crossed], currencies=[points(), volume],
                             back_dating=LONG_AGO))
        self.buy("ada", line(60000, brand="Lin"), occurred_at="2024-01-10T12:00:00Z")
        self.buy("bob", line(60000, brand="Lin"))
        # Ada's 600 are older than a year; Bob's 600, 300 and 100 make 1,000 across everything.
        for name, bonus in (("ada", {}), ("bob", {"loyal": 500})):
            self.buy(name, line(30000, brand="Soie", category="products"))
            last = self.buy(name, line(10000, category="services"))
            self.assertEqual({**earned(last), "volume": 0}, {**bonus, "volume": 0})
        self.assertEqual(earned(self.buy("bob", 100)), {"volume": 1})

    # proves S.B17: what a member spent in all can be asked for
    def test_lifetime_value_opens_rewards(self):
        self.apply(programme([per_euro(1)], [reward("thanks", 1, product("BOOK"),
                                                    when="member.spend >= 100000")]))
        ada = self.buy("ada", line(60000, brand="Lin"), line(39999, category="services"))
        self.assertEqual(self.redeem(ada["member_id"], "thanks", 409)["code"], "not_eligible")
        self.buy("ada", line(1, brand="Soie"))
        self.redeem(ada["member_id"], "thanks")

    # proves S.B19: one product, one brand, the whole portfolio
    def test_the_same_rule_has_any_scope(self):
        basket = (line(1000, sku="SHIRT", brand="Lin"), line(2000, sku="COAT", brand="Lin"),
                  line(4000, sku="MENDING", category="services"))
        scopes = {"item.sku == 'COAT'": 200, "item.brand == 'Lin'": 300, None: 700}
        for lines, units in scopes.items():
            self.apply(programme([per_euro(10, **({"lines": lines} if lines else {}))]))
            self.assertEqual(earned(self.buy("ada", *basket)), {"spend": units})

    # proves S.A05: stars when the app or a registered card pays, for drinks, food and merchandise
    def test_stars_for_drinks_and_food(self):
        stars = {"id": "stars", "unit": {"en": ["star", "stars"], "fr": ["étoile", "étoiles"]}}
        rule = {"id": "paid", "on": "order.paid", "earn": {"stars": {"units": 2, "per": 100}},
                "when": "event.attributes.?paid_with.orValue('') in ['app', 'card']"}
        self.apply(programme([rule], [
            reward("drink", {"stars": 10}, product("LATTE")),
            reward("food", {"stars": 20}, product("BAGEL")),
            reward("mug", {"stars": 30}, {"type": "merchandise", "sku": "MUG"})], [stars]))
        ada = self.join("ada", card="7700 1")
        for who, how in (({"card": "7700 1"}, "card"), ({"external_id": "ada"}, "app"),
                         ({"external_id": "ada"}, "cash")):
            last = self.buy(who, 1500, attributes={"paid_with": how})
            self.assertEqual(last["member_id"], ada)
        self.assertEqual(self.has(ada), {"stars": 60})
        given = [self.redeem(ada, each)["gives"]["sku"] for each in ("drink", "food", "mug")]
        self.assertEqual((given, self.has(ada)), (["LATTE", "BAGEL", "MUG"], {"stars": 0}))

    # proves S.H01: one programme and one balance, wherever it happens
    def test_every_channel_fills_one_balance(self):
        self.apply(programme([per_euro(10),
                              {"id": "share", "on": "social.shared", "earn": {"points": 5}}],
                             [reward("coffee", 305, product("COFFEE"))]))
        ada = self.join("ada", email="ada@example.org", card="7700 2")
        self.buy({"card": "7700 2"}, 1000, channel="in_store", store="lyon")
        self.buy({"email": "Ada@example.org"}, 1000, channel="online")
        self.buy({"id": ada}, 1000, channel="mobile")
        self.tell("social.shared", "ada", channel="instagram")
        self.assertEqual(self.has(ada), {"points": 305})
        self.redeem(ada, "coffee")

    # proves S.I02: who members are, what they bought, what else they did
    def test_what_is_known_of_a_member(self):
        self.apply(programme([per_euro(10)]))
        ada = self.join("ada", name="Ada", attributes={"born": 1990, "town": "Lyon"})
        self.call("PATCH", f"/v1/members/{ada}", {"attributes": {"born": 1990, "town": "Nice"}})
        self.buy("ada", line(900, sku="LATTE", category="drinks"), store="nice", channel="online")
        self.tell("newsletter.opened", "ada", attributes={"issue": 12})
        known = self.call("GET", f"/v1/members/{ada}")
        self.assertEqual((known["name"], known["attributes"]),
                         ("Ada", {"born": 1990, "town": "Nice"}))
        opened, bought = self.call("GET", f"/v1/members/{ada}/events")["data"]
        self.assertEqual((opened["type"], opened["sent"]["attributes"]),
                         ("newsletter.opened", {"issue": 12}))
        self.assertEqual((bought["sent"]["store"], bought["sent"]["channel"]), ("nice", "online"))
        self.assertEqual(bought["sent"]["order"]["lines"][0]["sku"], "LATTE")


class Change(shop.Shops):
    # proves S.K02: rules and rewards follow the market while members use them
    def test_the_programme_is_adapted_while_it_runs(self):
        self.apply(programme([per_euro(10)], [reward("coffee", 500, product("COFFEE"))]))
        ada = self.buy("ada", 3000)["member_id"]
        self.assertEqual(self.redeem(ada, "coffee", 409)["missing"], 200)
        cheaper = programme([per_euro(20)], [reward("coffee", 250, product("COFFEE")),
                                             reward("tea", 40, product("TEA"))])
        plan = self.call("POST", "/v1/program/plan", {"document": cheaper})
        self.assertEqual([(each["pointer"], each["kind"]) for each in plan["changes"]],
                         [("/rules/0/earn", "changed"), ("/rewards/0/cost", "changed"),
                          ("/rewards/1", "added")])
        self.assertEqual(self.has(ada), {"points": 300})  # a plan changes nothing
        self.apply(cheaper)
        self.redeem(ada, "coffee")
        self.redeem(ada, "tea")
        self.assertEqual(earned(self.buy("ada", 1000)), {"spend": 200})
        entries = self.call("GET", f"/v1/members/{ada}/ledger")["data"]
        self.assertEqual([each["program_version"] for each in entries], [2, 2, 2, 1])


if __name__ == "__main__":
    shop.main()
