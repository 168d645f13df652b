#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""expected.py - what the real-input run must come to, computed without Habitue.

Reads the invoice lines of the online_retail data set (CSV, plain or .xz) and applies the rules of
docs/import.md, "Returns", and of the programme docs/templates/online-shop.json: 10 points per pound
of an order's eligible lines, floor per order, nothing expires.  Prints one JSON object; with
--members FILE also a CSV of every member's balance, ordered by member.

It shares nothing with the importer or the engine: that is what makes the comparison worth anything.
Exit code 77 (skipped) when the data is not there.
"""
import argparse
import collections
import csv
import hashlib
import json
import lzma
import os
import sys

FEES = {"POST", "D", "M", "m", "DOT", "CRUK", "BANK CHARGES", "PADS", "C2", "S", "B", "AMAZONFEE"}
UNKNOWN = {"", "NA"}
POINTS, PER_PENCE = 10, 100


def pence(text):
    """The price in pence, or None when it is not a whole number of them."""
    whole, _, fraction = text.partition(".")
    if fraction.rstrip("0")[2:]:
        return None
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole or 0)) * 100 + int((fraction + "00")[:2]))


def read_documents(path):
    """Documents in the order of their first line: member, and lines of (sku, quantity, price)."""
    documents = {}
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] in UNKNOWN:
                continue
            document = documents.setdefault(row["InvoiceNo"], (row["CustomerID"], []))
            document[1].append((row["StockCode"], int(row["Quantity"]), pence(row["UnitPrice"])))
    return documents


def is_eligible(sku, quantity, price):
    return (quantity > 0 and price is not None and price > 0
            and sku not in FEES and not sku.startswith("gift_"))


class Shop:
    def __init__(self):
        self.kept = {}                                  # order -> pence of what was not returned
        self.owner = {}                                 # order -> member
        self.unreturned = collections.defaultdict(list)  # (member, sku) -> stack of purchases
        self.totals = collections.Counter()
        self.issued = 0
        self.refunds = set()                            # (return, order)

    def sell(self, number, member, lines):
        lines = [line for line in lines if is_eligible(*line)]
        if not lines:
            return
        self.owner[number] = member
        self.kept[number] = sum(quantity * price for _, quantity, price in lines)
        self.issued += self.earned(number)
        self.totals["order_lines"] += len(lines)
        for sku, quantity, price in lines:
            self.unreturned[member, sku].append([quantity, price, number])

    def take_back(self, number, member, lines):
        for sku, quantity, _ in lines:
            if quantity >= 0:
                continue
            self.totals["return_lines"] += 1
            left = -quantity
            purchases = self.unreturned[member, sku]
            while left and purchases:
                newest = purchases[-1]
                taken = min(left, newest[0])
                newest[0] -= taken
                left -= taken
                self.kept[newest[2]] -= taken * newest[1]
                self.totals["returned_quantity"] += taken
                self.refunds.add((number, newest[2]))
                if not newest[0]:
                    purchases.pop()
            if left:
                self.totals["parked_lines"] += 1
                self.totals["parked_quantity"] += left
            if left < -quantity:
                self.totals["matched_lines"] += 1

    def earned(self, number):
        return self.kept[number] * POINTS // PER_PENCE

    def balances(self):
        members = collections.Counter()
        for number, member in self.owner.items():
            members[member] += self.earned(number)
        return members


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?",
                        default=os.path.join(here, "../../../shared/data/online_retail.csv.xz"))
    parser.add_argument("--members", metavar="FILE", help="write member,balance lines here")
    arguments = parser.parse_args()
    if not os.path.exists(arguments.csv):
        print(f"skipped: no {os.path.basename(arguments.csv)}", file=sys.stderr)
        return 77

    shop = Shop()
    for number, (member, lines) in read_documents(arguments.csv).items():
        if number.startswith("C"):
            shop.take_back(number, member, lines)
        elif not number.startswith("A"):
            shop.sell(number, member, lines)

    balances = shop.balances()
    outstanding = sum(balances.values())
    text = "".join(f"{member},{units}\n" for member, units in sorted(balances.items()))
    if arguments.members:
        with open(arguments.members, "w", encoding="ascii") as file:
            file.write(text)
    print(json.dumps({
        "members": len(balances),
        "orders": len(shop.kept),
        "order_lines": shop.totals["order_lines"],
        "issued": shop.issued,
        "clawed_back": shop.issued - outstanding,
        "outstanding": outstanding,
        "refunds": len(shop.refunds),
        "return_lines": shop.totals["return_lines"],
        "matched_lines": shop.totals["matched_lines"],
        "returned_quantity": shop.totals["returned_quantity"],
        "parked_lines": shop.totals["parked_lines"],
        "parked_quantity": shop.totals["parked_quantity"],
        "balances_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
