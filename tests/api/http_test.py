#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""http_test.py - run .http files (see http_file.py) against a server of their own each.

  http_test.py testd|habitue PROGRAM FILE...
"""
import json
import pathlib
import sys

import http_file
import loopback


def send(server, case, values):
    headers = {"Authorization": f"Bearer {server.keys['all']}"}
    if case.body is not None:
        headers["Content-Type"] = "application/json"
    for name, value in case.headers.items():
        name = next((n for n in headers if n.lower() == name.lower()), name)
        if value == "-":
            headers.pop(name, None)
        else:
            headers[name] = http_file.fill(value, values)
    body = None
    if case.body is not None:
        body = http_file.fill(case.body, values).encode("utf-8", "surrogateescape")
    return server.request(case.method, http_file.fill(case.path, values), body, None, headers)


def judge(case, reply, values, bodies):
    status, headers, body = reply
    if status != case.status:
        return f"status {status}, not {case.status}: {body.decode(errors='replace')[:500]}"
    for name, wanted in case.wanted_headers.items():
        fault = http_file.compare_header(name, wanted, headers, values)
        if fault:
            return fault
    if case.same_as is not None:
        return None if bodies[case.same_as] == body else "the bytes differ"
    if case.wanted_body is None:
        return None
    try:
        got = json.loads(body)
    except ValueError:
        return f"the reply is no JSON: {body[:200]!r}"
    return http_file.compare(case.wanted_body, got, "", values)


def first_values(server):
    values = {f"key:{scope}": key for scope, key in server.keys.items()}
    values["key"] = server.keys["all"]
    return values


def run_file(path, server):
    """(name, fault or None) of every case, in order: later ones may use what earlier ones saved."""
    values = first_values(server)
    bodies = {}
    for case in http_file.parse(path.read_text()):
        reply = send(server, case, values)
        bodies[case.name] = reply[2]
        yield case.name, judge(case, reply, values, bodies)


def main():
    kind, program, *files = sys.argv[1:]
    start = loopback.Testd if kind == "testd" else loopback.Habitue
    number = failed = 0
    for path in map(pathlib.Path, files):
        with start(program) as server:
            for name, fault in run_file(path, server):
                number += 1
                failed += fault is not None
                print(f"{'not ok' if fault else 'ok'} {number} - {path.stem}: {name}")
                if fault:
                    print(f"# {fault}")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
