# SPDX-License-Identifier: Apache-2.0
"""shop.py - a shop that runs its programme on the real server, over HTTP only.

Every test of a Shops class is a shop of its own: a tenant without a programme until the test
applies one.  The first version of a programme judges the past as well, so a test may tell what
happened on a given day of 2024 when its document accepts events that old (LONG_AGO).

Units are told as {rule id: units} and balances as {currency: available}.
"""
import datetime
import json
import os
import pathlib
import sys
import tempfile
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))
import loopback  # noqa: E402 (found by the line above)

LONG_AGO = "P50Y"


def template(name):
    return json.loads((ROOT / "docs/templates" / f"{name}.json").read_text())


def points(**fields):
    return {"id": "points", "unit": {"en": ["point", "points"]}, **fields}


def programme(rules=(), rewards=(), currencies=None, **fields):
    """A document: points in Europe/Paris, unless fields say otherwise."""
    return {"id": "shop", "name": "Shop", "timezone": "Europe/Paris", "money": "EUR",
            "currencies": currencies or [points()], "rules": list(rules),
            "rewards": list(rewards), **fields}


def per_euro(units, **fields):
    return {"id": "spend", "name": {"en": "every purchase", "fr": "chaque achat"},
            "on": "order.paid", "earn": {"points": {"units": units, "per": 100}}, **fields}


def reward(name, cost, gives, **fields):
    cost = cost if isinstance(cost, dict) else {"points": cost}
    return {"id": name, "name": name, "cost": cost, "gives": gives, **fields}


def line(amount, **fields):
    return {"quantity": 1, "unit_amount": amount, **fields}


def days(number):
    """Now and so many days, RFC 3339."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=number)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def earned(reply):
    """{rule id: units} of what an event or a quote earned."""
    effects = reply["effects"] if "effects" in reply else reply["earns"]
    return {e["rule_id"]: e["units"] for e in effects if e["type"].startswith("earn")}


class Server(loopback.Server):
    def __init__(self, program, tenants):
        self.folder = tempfile.TemporaryDirectory(prefix="habitue-shop-")
        self.program, self.data = program, os.path.join(self.folder.name, "data")
        keys = {}
        self.run("init")  # the tenant that serve looks for
        for tenant in tenants:
            self.run("init", "--tenant", tenant)
            keys[tenant] = self.run("key", "create", "--scopes", "all", "--tenant", tenant)
        super().__init__([program, "serve", "--data", self.data, "--listen", "127.0.0.1:0"])
        self.keys = keys

    env = None  # the one of the test
    run = loopback.Habitue.run

    def close(self):
        self.__exit__()
        self.folder.cleanup()


class Shops(unittest.TestCase):
    program = None  # the path of habitue

    @classmethod
    def setUpClass(cls):
        names = unittest.defaultTestLoader.getTestCaseNames(cls)
        cls.tenants = {name: f"shop-{i}" for i, name in enumerate(names)}
        cls.server = Server(cls.program, cls.tenants.values())

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def call(self, method, path, body=None, status=200, **headers):
        """The reply's JSON; the test fails when its status is another."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        key = self.tenants[self._testMethodName]
        got, _, content = self.server.request(method, path, body, key, sent)
        self.assertEqual(got, status, content.decode(errors="replace"))
        return json.loads(content)

    def apply(self, document):
        return self.call("POST", "/v1/program/versions", {"document": document}, 201)

    def join(self, member, **fields):
        """The id of a new member."""
        return self.call("POST", "/v1/members", {"external_id": member, **fields}, 201)["id"]

    def tell(self, kind, member, **fields):
        """What the server answers to an event of that type."""
        who = member if isinstance(member, dict) else {"external_id": member}
        event = {"source": "till", "external_id": uuid.uuid4().hex, "type": kind, "member": who,
                 **fields}
        return self.call("POST", "/v1/events", event, 201)

    def buy(self, member, *lines, order=None, **fields):
        """A purchase; a line is an amount or an object."""
        return self.tell("order.paid", member, order=self.order(lines, order or {}), **fields)

    def quote(self, member, *lines, **fields):
        return self.call("POST", "/v1/quotes", {"member": {"external_id": member},
                                                "order": self.order(lines, {}), **fields})

    @staticmethod
    def order(lines, fields):
        lines = [each if isinstance(each, dict) else line(each) for each in lines]
        return {"lines": [{"id": str(i), **each} for i, each in enumerate(lines)], **fields}

    def redeem(self, member_id, reward_id, status=201, **fields):
        return self.call("POST", "/v1/redemptions",
                         {"member_id": member_id, "reward_id": reward_id, **fields}, status,
                         Idempotency_Key=uuid.uuid4().hex)

    def has(self, member_id):
        """{currency: available units}"""
        balances = self.call("GET", f"/v1/members/{member_id}/balances")["balances"]
        return {currency: figures["available"] for currency, figures in balances.items()}

    def rewards(self, member_id):
        """{reward id: what the member is told of it}"""
        listed = self.call("GET", f"/v1/members/{member_id}/rewards")["data"]
        return {each["id"]: each for each in listed}


def main():
    Shops.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
