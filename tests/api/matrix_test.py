#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""matrix_test.py - every route with every scope: who may call what, generated from the catalogue.

  matrix_test.py testd|habitue PROGRAM CATALOG_FOLDER

A route of scope S must answer 401 without a key and with keys that are none, 403 to a key with
every single other scope, and neither to a key with S alone.  A route may not say PUBLIC unless this
file lists it: opening an address to everybody takes two files.
"""
import hashlib
import pathlib
import re
import sys

import loopback

PUBLIC = {"GET /healthz", "GET /readyz", "GET /openapi.json"}
LOCAL = {"GET /metrics"}


def unknown_key():
    """Well-formed, checksum included, and nobody's."""
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    body = "hb_live_" + "7" * 59
    bits = int.from_bytes(hashlib.sha256(body.encode()).digest()[:3], "big") >> 4
    return body + "".join(digits[bits >> shift & 31] for shift in (15, 10, 5, 0))


def fill_path(path):
    """An address of the form: what {…} stands for need not exist."""
    return re.sub(r"\{\w+\}", "1", path)


def calls(server, method, path, key):
    body = b"{}" if method in ("POST", "PUT", "PATCH") else None
    return server.request(method, fill_path(path), body, key)[0]


def faults_of(server, method, path, needed, scopes):
    """What is wrong with one route, as sentences."""
    def expect(what, good, key):
        status = calls(server, method, path, key)
        if not good(status):
            yield f"{what} is answered {status}"

    refused = lambda status: status == 401
    let_in = lambda status: status not in (401, 403)
    if needed is None:
        yield from expect("no key", let_in, None)
        return
    yield from expect("no key", refused, None)
    yield from expect("a key that is none", refused, "nonsense")
    yield from expect("a key nobody has", refused, unknown_key())
    for scope in scopes:
        wanted = let_in if scope == needed else (lambda status: status == 403)
        yield from expect(f"the scope {scope}", wanted, scope)


def main():
    kind, program, folder = sys.argv[1:]
    words = {row[0]: row[1] for row in loopback.catalogue("scopes")}
    routes = loopback.catalogue("routes", pathlib.Path(folder))
    start = loopback.Testd if kind == "testd" else loopback.Habitue
    failed = 0
    print(f"1..{len(routes)}")
    with start(program, *(["--rate-percent", "0"] if kind == "testd" else [])) as server:
        for number, row in enumerate(routes, 1):
            method, path, scope = row[0], row[1], row[4]
            name = f"{method} {path}"
            faults = []
            if scope in ("PUBLIC", "LOCAL"):
                if name not in (PUBLIC if scope == "PUBLIC" else LOCAL):
                    faults.append(f"is {scope} without being listed here")
            elif scope not in words:
                faults.append(f"has an unknown scope {scope}")
            faults += faults_of(server, method, path, words.get(scope), words.values())
            failed += bool(faults)
            print(f"{'not ok' if faults else 'ok'} {number} - {name}")
            for fault in faults:
                print(f"# {fault}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
