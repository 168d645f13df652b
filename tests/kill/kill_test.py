#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill_test.py - SIGKILL under load, again and again: what was answered stays, what was not is
all or nothing, and the same request again says what became of it.

  kill_test.py HABITUE_PROGRAM [--rounds N] [--seed S] [--writers W]

Each writer journals what it is about to ask and what it was answered to a file of its own, opened
O_DSYNC, as a till would.  After every kill the server starts on the same folder; every request of
the journal that has no answer is sent again with the same key, and a sample of the answered ones:
those must come back byte by byte.  Then each member's balance is what the journal says, and the
audit of the whole database finds nothing.

  K1  An answered write is there, once, with the same answer.
  K2  An unanswered write happened whole or not at all; its retry makes it happen once.
"""
import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

COFFEE = 500


class Journal:
    """Requests and their answers, on the disk before the next step is taken."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC, 0o600)
        self.requests = []

    def intend(self, request):
        self.write({"intend": request})
        self.requests.append(request)

    def answered(self, request, status, body):
        self.write({"answered": len(self.requests) - 1, "status": status, "body": body})
        request["status"], request["body"] = status, body

    def write(self, entry):
        os.write(self.file, json.dumps(entry).encode() + b"\n")


class Shop:
    def __init__(self, program, folder):
        self.program, self.data = program, os.path.join(folder, "data")
        self.run("init", "--demo")
        self.key = self.run("key", "create", "--scopes", "all").strip()
        self.port = 0
        self.process = None
        self.slowest_start_s = 0

    def run(self, *words):
        return subprocess.run([self.program, *words, "--data", self.data], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--rate-percent", "10000"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "http://127.0.0.1:" in line:
                self.port = int(line.split("http://127.0.0.1:")[1].split()[0].strip("/"))
                break
        self.slowest_start_s = max(self.slowest_start_s, time.monotonic() - began)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def ask(self, connection, request):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if request["key"]:
            headers["Idempotency-Key"] = request["key"]
        connection.request("POST", request["path"], json.dumps(request["json"]), headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()

    def get(self, path):
        connection = self.connect()
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.key}"})
        return json.loads(connection.getresponse().read())

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


class Writer(threading.Thread):
    """One till with one member; asks until the server is gone."""

    def __init__(self, shop, number, journal, seed):
        super().__init__()
        self.shop, self.name_, self.journal = shop, f"m-{number}", journal
        self.random = random.Random(seed)

    def order(self, n):
        return {"path": "/v1/events", "key": "", "json": {
            "source": "till", "external_id": f"{self.name_}-{n}", "type": "order.paid",
            "member": {"external_id": self.name_},
            "order": {"lines": [{"id": "1", "sku": "LATTE", "quantity": 2,
                                 "unit_amount": self.random.choice([500, 1250, 2000])}]}}}

    def refund(self, n):
        return {"path": "/v1/events", "key": "", "json": {
            "source": "till", "external_id": f"{self.name_}-r{n}", "type": "order.refunded",
            "refund_of": f"{self.name_}-{n}", "order": {"lines": [{"id": "1", "quantity": 1}]}}}

    def redeem(self, n, member_id):
        return {"path": "/v1/redemptions", "key": f"{self.name_}-{n}",
                "json": {"member_id": member_id, "reward_id": "coffee"}}

    def next(self):
        n = len(self.journal.requests)
        member_id = next((json.loads(r["body"])["member_id"] for r in self.journal.requests
                          if r.get("status") == 201), None)
        what = self.random.random()
        if what < 0.3 and member_id:
            return self.redeem(n, member_id)
        orders = [r for r in self.journal.requests if r.get("status") == 201 and
                  r["json"].get("type") == "order.paid" and not r.get("returned")]
        if what < 0.45 and orders:
            order = self.random.choice(orders)
            order["returned"] = True
            return self.refund(order["json"]["external_id"].rsplit("-", 1)[1])
        return self.order(n)

    def run(self):
        connection = self.shop.connect()
        try:
            while True:
                request = self.next()
                self.journal.intend(request)
                status, body = self.shop.ask(connection, request)
                self.journal.answered(request, status, body)
        except (OSError, http.client.HTTPException):
            connection.close()


def units_of(request):
    """What an answered request did to the balance, by its answer."""
    if request["status"] not in (200, 201):
        return 0
    if request["path"] == "/v1/redemptions":
        return -COFFEE
    sign = {"earn": 1, "clawback": -1}
    return sum(sign[effect["type"]] * effect["units"]
               for effect in json.loads(request["body"])["effects"])


def resolve(shop, journal, sample):
    """Retries what has no answer; retries some of what has one.  Returns how many of each."""
    connection = shop.connect()
    open_requests = [r for r in journal.requests if "status" not in r]
    for request in open_requests:
        status, body = shop.ask(connection, request)
        assert status < 500, (status, body)
        request["status"], request["body"] = status, body
    answered = [r for r in journal.requests if r not in open_requests]
    again = sample(answered)
    for request in again:
        status, body = shop.ask(connection, request)
        assert (status < 300) == (request["status"] < 300), (status, request)  # K1
        assert body == request["body"] or status >= 300, (body, request["body"])
    connection.close()
    return len(open_requests), len(again)


def check(shop, journal):
    """K1 and K2: the balance is what all requests of the journal did, each once."""
    ids = {json.loads(r["body"])["member_id"] for r in journal.requests if r["status"] < 300}
    if not ids:
        return 0
    (member_id,) = ids
    found = shop.get(f"/v1/members/{member_id}/balances")["balances"]["points"]["available"]
    expected = sum(units_of(r) for r in journal.requests)
    assert found == expected, f"member {member_id} has {found}, the journal says {expected}"
    return expected


def audit(shop, outstanding):
    report = json.loads(shop.run("audit", "--json"))
    assert report["n_findings"] == 0, report["findings"]
    found = report["currencies"].get("points", {"outstanding": 0})["outstanding"]
    assert found == outstanding, f"{found} units are outstanding, journals say {outstanding}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--writers", type=int, default=8)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    totals = {"answered": 0, "unanswered": 0, "repeated": 0}
    with tempfile.TemporaryDirectory(prefix="habitue-kill-") as folder:
        shop = Shop(given.program, folder)
        journals = [Journal(f"{folder}/journal-{i}") for i in range(given.writers)]
        for round_ in range(given.rounds):
            shop.start()
            writers = [Writer(shop, i, journal, dice.random())
                       for i, journal in enumerate(journals)]
            for writer in writers:
                writer.start()
            time.sleep(dice.uniform(0.005, 0.5))
            shop.kill()
            for writer in writers:
                writer.join()
            totals["answered"] = sum(1 for j in journals for r in j.requests if "status" in r)
            shop.start()
            for journal in journals:
                n_open, n_again = resolve(shop, journal, lambda requests: dice.sample(
                    requests, min(5, len(requests))))
                totals["unanswered"] += n_open
                totals["repeated"] += n_again
            outstanding = sum(check(shop, journal) for journal in journals)
            shop.kill()
            audit(shop, outstanding)
    print(f"{given.rounds} rounds, {2 * given.rounds} kills: {totals['answered']} answered, "
          f"{totals['unanswered']} unanswered and resolved, {totals['repeated']} repeated; "
          f"slowest start {shop.slowest_start_s:.2f} s; none lost, none twice")


if __name__ == "__main__":
    main()
