#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""openapi_test.py - /openapi.json is a sound document, and what the server answers agrees with it.

  openapi_test.py testd|habitue PROGRAM FILE...

Lints the document (Redocly's rules), then runs the .http files and compares every reply with the
schema that the document promises.  Installs what it needs with npm ci; without npm it is skipped.
"""
import json
import pathlib
import shutil
import subprocess
import sys

import http_file
import http_test
import loopback

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def install():
    """False when it cannot be."""
    marker = HERE / "node_modules" / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if marker.exists() and marker.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm")
    if not npm:
        return False
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return False
    marker.touch()
    return True


def recorded(path, start, program):
    """What the server answered to each case of a file."""
    replies = []
    with start(program) as server:
        values = http_test.first_values(server)
        for case in http_file.parse(path.read_text()):
            status, headers, body = http_test.send(server, case, values)
            http_test.judge(case, (status, headers, body), values, {case.same_as: b""})
            kind = headers.get("content-type", "")
            if case.method in ("OPTIONS", "HEAD") or not (body and "json" in kind):
                continue
            replies.append({"name": f"{path.stem}: {case.name}", "method": case.method,
                            "path": http_file.fill(case.path, values), "status": status,
                            "type": kind, "body": json.loads(body)})
    return replies


def main():
    kind, program, *files = sys.argv[1:]
    if not install():
        print("npm ci did not work here", file=sys.stderr)
        return SKIPPED
    start = loopback.Testd if kind == "testd" else loopback.Habitue
    with start(program) as server:
        document = json.loads(server.request("GET", "/openapi.json", key=None)[2])
    replies = [r for path in files for r in recorded(pathlib.Path(path), start, program)]
    judged = subprocess.run(["node", str(HERE / "openapi.mjs")], check=True, text=True,
                            input=json.dumps({"document": document, "replies": replies}),
                            stdout=subprocess.PIPE)
    faults = {}
    for line in judged.stdout.splitlines():
        tag, fault = line.split("\t", 1)
        faults.setdefault(tag, []).append(fault)
    cases = ["lint"] + list(dict.fromkeys(r["name"] for r in replies))
    print(f"1..{len(cases)}")
    for number, name in enumerate(cases, 1):
        print(f"{'not ok' if name in faults else 'ok'} {number} - {name}")
        for fault in faults.get(name, []):
            print(f"# {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
