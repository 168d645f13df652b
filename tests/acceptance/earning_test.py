#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""earning_test.py - what members earn for: purchases, and everything else a shop may reward.

  earning_test.py HABITUE
"""
import collections
import threading

import shop
from shop import LONG_AGO, earned, line, per_euro, programme, template


def rule(name, on, units, **fields):
    return {"id": name, "on": on, "earn": {"points": units}, **fields}


def old(name):
    """A template that lets a test tell what happened in 2024."""
    return {**template(name), "back_dating": LONG_AGO}


class Purchases(shop.Shops):
    # proves S.C01
    def test_1_5_and_10_points_per_euro(self):
        for rate, units in ((1, 7), (5, 36), (10, 73)):
            self.apply(programme([per_euro(rate)]))
            self.assertEqual(earned(self.buy("ada", 730)), {"spend": units})

    # proves S.C02
    def test_services_earn_1_and_products_2(self):
        self.apply(template("salon"))
        reply = self.buy("ada", line(4000, category="services"), line(2550, category="products"),
                         line(500, category="tips"))
        self.assertEqual(earned(reply), {"services": 40, "products": 51})

    # proves S.C03
    def test_a_multiplier_pushes_chosen_products(self):
        self.apply(programme([per_euro(1), {"id": "push", "on": "order.paid", "multiply": "3.0",
                                            "lines": "item.sku in ['SERUM', 'MASK']"}]))
        both = self.buy("ada", line(2000, sku="SERUM"), line(1000, sku="COMB"))
        self.assertEqual(earned(both), {"spend": 30, "push": 40})
        self.assertEqual(earned(self.buy("ada", line(1000, sku="COMB"))), {"spend": 10})

    # proves S.C04
    def test_a_specific_product_earns(self):
        self.apply(programme([rule("bagel", "order.paid", 25,
                                   when="order.items.exists(i, i.sku == 'BAGEL')")]))
        self.assertEqual(earned(self.buy("ada", line(300, sku="BAGEL"), 200)), {"bagel": 25})
        self.assertEqual(earned(self.buy("ada", line(300, sku="BUN"), 200)), {})

    # proves S.C05
    def test_a_basket_of_50_euros_earns_and_one_of_49_99_does_not(self):
        self.apply(programme([rule("basket", "order.paid", 100, when="order.paid >= 5000")]))
        self.assertEqual(earned(self.buy("ada", 2500, 2499)), {})
        self.assertEqual(earned(self.buy("ada", 2500, 2500)), {"basket": 100})
        self.assertEqual(earned(self.buy("ada", 5500, order={"discount": 501})), {})

    # proves S.C06
    def test_trying_the_new_product_earns_once(self):
        self.apply(template("restaurant"))
        meals = [self.buy("ada", line(1000, category=category))
                 for category in ("classics", "new-menu", "new-menu")]
        self.assertEqual([earned(meal).get("new-menu") for meal in meals], [None, 100, None])

    # proves S.C08
    def test_the_first_online_order_earns_once(self):
        self.apply(programme([rule("online", "order.paid", 500,
                                   limits=[{"times": 1, "per": "member"}],
                                   when="event.?channel.orValue('') == 'online'")]))
        orders = [self.buy("ada", 1000, channel=channel)
                  for channel in ("in_store", "online", "online")]
        self.assertEqual([earned(order) for order in orders], [{}, {"online": 500}, {}])
        self.assertEqual(earned(self.buy("bob", 1000)), {})


class FirstFifty(shop.Shops):
    # proves S.C07
    def test_of_60_who_race_exactly_50_get_it(self):
        self.apply(template("juice-bar"))
        replies, start = [], threading.Barrier(60)

        def order(member):
            start.wait()
            replies.append(self.buy(member, line(500, sku="SMOOTHIE"), external_id=member))

        threads = [threading.Thread(target=order, args=(f"member-{i}",)) for i in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bonuses = collections.Counter(earned(r).get("first-fifty-smoothies") for r in replies)
        self.assertEqual(bonuses, {100: 50, None: 10})

        # A smoothie that comes back makes room for one more, not for two.
        winner = next(r for r in replies if "first-fifty-smoothies" in earned(r))
        self.tell("order.refunded", {"id": winner["member_id"]}, refund_of=winner["external_id"])
        late = [earned(self.buy(f"late-{i}", line(500, sku="SMOOTHIE"))) for i in range(2)]
        self.assertEqual([each.get("first-fifty-smoothies") for each in late], [100, None])


class Times(shop.Shops):
    # proves S.C10
    def test_quiet_hours_are_those_of_the_clock_on_the_wall(self):
        self.apply(old("restaurant"))
        # From 15 to 18 in Paris: summer time begins on 31 March 2024 and ends on 27 October.
        quiet = {"2024-03-30": (14, 17), "2024-03-31": (13, 16), "2024-10-26": (13, 16),
                 "2024-10-27": (14, 17)}
        for day, (begin, end) in quiet.items():
            for at, is_quiet in ((f"{begin - 1:02}:59:59", False), (f"{begin:02}:00:00", True),
                                 (f"{end - 1:02}:59:59", True), (f"{end:02}:00:00", False)):
                reply = self.buy("ada", 1000, occurred_at=f"{day}T{at}Z")
                with self.subTest(day=day, at=at):
                    self.assertEqual("quiet-afternoon" in earned(reply), is_quiet)

    # proves S.C18
    def test_a_double_weekend_begins_and_ends_by_itself(self):
        weekend = {"id": "double", "on": "order.paid", "multiply": "2.0",
                   "active": {"from": "2024-06-15", "until": "2024-06-16"}}
        self.apply(programme([per_euro(10), weekend], back_dating=LONG_AGO))
        doubled = [earned(self.buy("ada", 1000, occurred_at=at)).get("double")
                   for at in ("2024-06-14T23:59:59+02:00", "2024-06-15T00:00:00+02:00",
                              "2024-06-16T23:59:59+02:00", "2024-06-17T00:00:00+02:00")]
        self.assertEqual(doubled, [None, 100, 100, None])

    # proves S.C18 and S.K02: the change counts at once, for those who come after it
    def test_a_double_weekend_is_switched_on_while_the_till_runs(self):
        self.apply(programme([per_euro(10)]))
        before = self.buy("ada", 1000)
        double = {"id": "double", "name": "double points", "on": "order.paid", "multiply": "2.0",
                  "active": {"from": shop.days(-1), "until": shop.days(1)}}
        document = programme([per_euro(10), double])
        plan = self.call("POST", "/v1/program/plan", {"document": document})
        self.assertEqual([change["kind"] for change in plan["changes"]], ["added"])
        self.assertRegex(plan["changes"][0]["sentence"]["en"], "points times 2 for each purchase")
        self.apply(document)
        during = self.buy("ada", 1000)
        self.apply(programme([per_euro(5)]))
        after = self.buy("ada", 1000)
        self.assertEqual([earned(reply) for reply in (before, during, after)],
                         [{"spend": 100}, {"spend": 100, "double": 100}, {"spend": 50}])
        self.assertEqual(self.has(before["member_id"]), {"points": 350})


class Deeds(shop.Shops):
    """Everything that is rewarded but no purchase."""

    # proves S.C09
    def test_booking_the_next_appointment_earns_once_a_month(self):
        self.apply(old("salon"))
        booked = [self.tell("appointment.booked", "ada", occurred_at=f"2024-{day}T10:00:00Z")
                  for day in ("05-02", "05-31", "06-01")]
        once = {"next-appointment": 20}
        self.assertEqual([earned(each) for each in booked], [once, {}, once])

    # proves S.C11
    def test_joining_earns_50_points_once(self):
        self.apply(template("salon"))
        ada = self.join("ada")
        self.assertEqual(self.has(ada), {"points": 50})
        self.call("POST", "/v1/members", {"external_id": "ada"}, 200)
        self.assertEqual(self.has(ada), {"points": 50})
        # Whoever is enrolled by the first purchase is welcome as well.
        bob = self.buy("bob", line(1000, category="services"))["member_id"]
        self.assertEqual(self.has(bob), {"points": 60})

    # proves S.C11: a bonus for joining today
    def test_a_bonus_for_joining_today_ends_with_the_day(self):
        active = {"from": shop.days(-1), "until": shop.days(1)}
        over = {"from": shop.days(-2), "until": shop.days(-1)}
        self.apply(programme([rule("today", "member.enrolled", 30, active=active),
                              rule("yesterday", "member.enrolled", 70, active=over)]))
        self.assertEqual(self.has(self.join("ada")), {"points": 30})

    # proves S.C13 and S.A15: Facebook, Instagram and LinkedIn are channels, and nothing else is
    def test_following_liking_commenting_and_sharing(self):
        deeds = {"follow": 50, "like": 1, "comment": 5, "share": 10}
        networks = "event.?channel.orValue('') in ['facebook', 'instagram', 'linkedin']"
        self.apply(programme([rule(deed, f"social.{deed}", units, when=networks,
                                   limits=[{"times": 2, "per": "member", "within": "day"}])
                              for deed, units in deeds.items()], back_dating=LONG_AGO))
        at = "2024-05-15T10:00:00Z"
        for network, deed in zip(("facebook", "instagram", "linkedin", "facebook"), deeds):
            reply = self.tell(f"social.{deed}", "ada", channel=network, occurred_at=at)
            self.assertEqual(earned(reply), {deed: deeds[deed]})
        shared = [earned(self.tell("social.share", "ada", channel=channel, occurred_at=at))
                  for channel in ("elsewhere", "linkedin", "linkedin")]
        self.assertEqual(shared, [{}, {"share": 10}, {}])

    # proves S.C14
    def test_helping_others_in_the_community(self):
        self.apply(programme([
            rule("answer", "community.answered", 5,
                 limits=[{"units": 12, "per": "member", "within": "day"}]),
            rule("accepted", "community.answered", 20, phase="bonus",
                 when="event.attributes.accepted == true")], back_dating=LONG_AGO))
        replies = [self.tell("community.answered", "ada", attributes={"accepted": i == 1},
                             occurred_at="2024-05-15T10:00:00Z") for i in range(4)]
        self.assertEqual([earned(each) for each in replies],
                         [{"answer": 5}, {"answer": 5, "accepted": 20}, {"answer": 2}, {}])

    # proves S.C15
    def test_progress_in_a_course_earns_by_its_size(self):
        self.apply(programme([rule("lesson", "lesson.finished", "int(event.attributes.minutes) * 2",
                                   when="event.attributes.score >= 80")]))
        replies = [self.tell("lesson.finished", "ada", attributes={"minutes": 15, "score": score})
                   for score in (79, 80)]
        self.assertEqual([earned(each) for each in replies], [{}, {"lesson": 30}])

    # proves S.C16
    def test_serving_oneself_earns_and_calling_does_not(self):
        self.apply(programme([rule("self-service", "case.solved", 15,
                                   when="event.?channel.orValue('') == 'self_service'",
                                   limits=[{"times": 1, "per": "member", "within": "week"}])],
                             back_dating=LONG_AGO))
        solved = [earned(self.tell("case.solved", "ada", channel=channel,
                                   occurred_at="2024-05-15T10:00:00Z"))
                  for channel in ("phone", "self_service", "self_service")]
        self.assertEqual(solved, [{}, {"self-service": 15}, {}])

    # proves S.C17
    def test_any_deed_another_system_tells_of_is_judged_once(self):
        self.apply(programme([rule("bottle", "bottle.returned", "event.attributes.bottles * 3")]))
        event = {"source": "machine-7", "external_id": "slip-1", "type": "bottle.returned",
                 "member": {"external_id": "ada"}, "attributes": {"bottles": 4}}
        first = self.call("POST", "/v1/events", event, 201)
        self.assertEqual(earned(first), {"bottle": 12})
        self.assertEqual(self.call("POST", "/v1/events", event, 200), first)
        self.assertEqual(self.has(first["member_id"]), {"points": 12})
        self.assertEqual(earned(self.tell("poem.written", "ada")), {})

    # proves S.C19
    def test_a_visit_without_an_amount_counts(self):
        self.apply(old("gym"))
        days = [f"2024-05-{day:02}T10:00:00Z" for day in range(1, 11)]
        stars = [earned(self.tell("visit", "ada", occurred_at=day)) for day in days]
        self.assertEqual(stars, [{"visit": 1}] * 9 + [{"visit": 1, "tenth-visit": 5}])
        # The second time that day is a visit, but earns nothing more.
        self.assertEqual(earned(self.tell("visit", "ada", occurred_at=days[-1])), {})

    # proves S.B26
    def test_bringing_clothes_back_earns_within_a_monthly_limit(self):
        self.apply(old("boutique"))
        replies = [self.tell("clothes.recycled", "ada", store="lyon", occurred_at=f"2024-{day}")
                   for day in ("05-01T10:00:00Z", "05-02T10:00:00Z", "05-03T10:00:00Z",
                               "05-31T10:00:00Z", "06-01T10:00:00Z")]
        some = {"recycling": 200}
        self.assertEqual([earned(each) for each in replies], [some, some, some, {}, some])


if __name__ == "__main__":
    shop.main()
