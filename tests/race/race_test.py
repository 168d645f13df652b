#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""race_test.py - 256 clients race for what is there once: exactly the limit succeeds.

  race_test.py HABITUE_PROGRAM [--rounds N] [--clients C]

Every client sends its request but for the last byte; then all last bytes go out at once, so that
the requests become complete within a few milliseconds.  Raced for: a balance that pays for one
reward, a limit for the first fifty, a stock of ten, one Idempotency-Key.
"""
import argparse
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import uuid

COST = 500
FIRST = 50
STOCK = 10

DOCUMENT = {
    "id": "race", "name": "Race", "timezone": "Europe/Paris", "money": "EUR",
    "currencies": [{"id": "points", "unit": {"en": ["point", "points"]}}],
    "rules": [
        {"id": "spend", "on": "order.paid", "earn": {"points": {"units": 10, "per": 100}}},
        {"id": "first", "on": "race.run", "earn": {"points": 7}, "limits": [{"times": FIRST}]}],
    "rewards": [
        {"id": "one", "name": "one", "cost": {"points": COST},
         "gives": {"type": "product", "sku": "ONE"}},
        {"id": "few", "name": "few", "cost": {"points": 1},
         "gives": {"type": "product", "sku": "FEW"}, "limits": {"stock": STOCK}}]}


class Shop:
    def __init__(self, program, folder):
        self.program, self.data = program, os.path.join(folder, "data")
        self.run("init")
        document = os.path.join(folder, "race.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump(DOCUMENT, file)
        self.run("apply", document)
        self.key = self.run("key", "create", "--scopes", "all").strip()
        self.process = subprocess.Popen(
            [program, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--rate-percent",
             "10000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = next(int(found.group(1)) for found in
                         (re.search(r"127\.0\.0\.1:(\d+)", line) for line in self.process.stdout)
                         if found)

    def run(self, *words):
        return subprocess.run([self.program, *words, "--data", self.data], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def bytes_of(self, path, body, key):
        text = json.dumps(body)
        head = (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n")
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        return (head + "Connection: close\r\n\r\n" + text).encode()

    def race(self, requests):
        """(status, body) of each request, all completed at once."""
        clients = [socket.create_connection(("127.0.0.1", self.port), timeout=60)
                   for _ in requests]
        for client, request in zip(clients, requests):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(request[:-1])
        for client, request in zip(clients, requests):
            client.send(request[-1:])
        return [self.answer(client) for client in clients]

    @staticmethod
    def answer(client):
        got = b""
        while True:
            select.select([client], [], [], 60)
            part = client.recv(65536)
            if not part:
                break
            got += part
        client.close()
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def ask(self, path, body, key=None):
        (answer,) = self.race([self.bytes_of(path, body, key)])
        return answer

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        assert status == 0, f"the server ended with {status}"


def order(member, cents):
    return {"source": "till", "external_id": uuid.uuid4().hex, "type": "order.paid",
            "member": {"external_id": member},
            "order": {"lines": [{"id": "1", "sku": "A", "quantity": 1, "unit_amount": cents}]}}


def enrol(shop, name, cents):
    status, body = shop.ask("/v1/events", order(name, cents))
    assert status == 201, body
    return body["member_id"]


def count(answers, *allowed):
    statuses = [status for status, _ in answers]
    assert set(statuses) <= {201, *allowed}, sorted(set(statuses))
    return statuses.count(201)


def race_for_a_balance(shop, clients, round_):
    member = enrol(shop, f"rich-{round_}", COST * 10)
    answers = shop.race([shop.bytes_of("/v1/redemptions",
                                       {"member_id": member, "reward_id": "one"},
                                       f"balance-{round_}-{i}") for i in range(clients)])
    assert count(answers, 409) == 1
    assert {body["code"] for status, body in answers if status == 409} == {"insufficient_balance"}


def race_to_be_first(shop, clients, round_):
    """All are welcome, the first fifty ever earn."""
    answers = shop.race([shop.bytes_of("/v1/events", {
        "source": "till", "external_id": f"run-{round_}-{i}", "type": "race.run",
        "member": {"external_id": f"runner-{round_}-{i}"}}, None) for i in range(clients)])
    assert count(answers) == clients
    winners = sum(1 for _, body in answers if body["effects"])
    assert winners == (min(FIRST, clients) if round_ == 0 else 0), winners


def race_for_the_stock(shop, clients, round_):
    members = [enrol(shop, f"buyer-{i}", 1000) for i in range(clients)] if round_ == 0 else \
        shop.buyers
    shop.buyers = members
    answers = shop.race([shop.bytes_of("/v1/redemptions",
                                       {"member_id": member, "reward_id": "few"},
                                       f"stock-{round_}-{i}")
                         for i, member in enumerate(members)])
    sold = count(answers, 409)
    assert sold == (min(STOCK, clients) if round_ == 0 else 0), sold
    assert {body["code"] for status, body in answers if status == 409} <= {"out_of_stock"}


def race_with_one_key(shop, clients, round_):
    member = enrol(shop, f"twice-{round_}", COST * 100)
    body = {"member_id": member, "reward_id": "one"}
    answers = shop.race([shop.bytes_of("/v1/redemptions", body, f"same-{round_}")] * clients)
    assert count(answers, 409) >= 1
    good = [body for status, body in answers if status == 201]
    assert all(body == good[0] for body in good)
    assert {body["code"] for status, body in answers if status == 409} <= {"idempotency_in_flight"}
    return COST  # spent once


RACES = [race_for_a_balance, race_to_be_first, race_for_the_stock, race_with_one_key]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--clients", type=int, default=256)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="habitue-race-") as folder:
        shop = Shop(given.program, folder)
        for round_ in range(given.rounds):
            for race in RACES:
                race(shop, given.clients, round_)
        shop.stop()
        report = json.loads(shop.run("audit", "--json"))
    assert report["n_findings"] == 0, report["findings"]
    sums = report["currencies"]["points"]
    redeemed = 2 * given.rounds * COST + min(STOCK, given.clients)
    assert sums["redeemed"] == redeemed, (sums, redeemed)
    print(f"{given.rounds} rounds of {len(RACES)} races, {given.clients} clients each: "
          "exactly the limit succeeded, every time")


if __name__ == "__main__":
    main()
