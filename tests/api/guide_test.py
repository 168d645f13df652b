#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guide_test.py - docs/api.md tells the truth: its commands are run in order, its answers compared.

  guide_test.py HABITUE_PROGRAM

A ```sh block is run with sh; $URL and $KEY are set.  A ```json block after it is what it prints
(the reply may have more members), a ```http block the first header lines; … stands for anything.
<!-- keep NAME member --> before a block sets $NAME to that member of the reply.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import http_file
import loopback

GUIDE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"
BLOCK = re.compile(r"(?:<!-- keep (\w+) (\w+) -->\n)?"
                   r"```sh\n(.*?)```\n```(json|http)\n(.*?)```", re.S)


def pattern(text):
    """The text as a regular expression in which … is anything."""
    return "^" + ".*".join(re.escape(piece) for piece in text.split("…")) + "$"


def wanted_of(value):
    """What the page prints, in the terms of http_file.compare."""
    if isinstance(value, dict):
        return {name: wanted_of(item) for name, item in value.items()}
    if isinstance(value, list):
        return [wanted_of(item) for item in value]
    if isinstance(value, str) and "…" in value:
        return "$re:" + pattern(value)
    return value


def compare_headers(printed, got):
    got = [line.strip() for line in got.splitlines()]
    for line in printed.splitlines():
        if not any(re.search(pattern(line), other) for other in got):
            return f"no header is {line!r}; there are {got}"
    return None


def compare(kind, printed, got):
    if kind == "http":
        return compare_headers(printed, got)
    try:
        reply = json.loads(got)
    except ValueError:
        return f"it printed no JSON: {got[:500]!r}"
    return http_file.compare(wanted_of(json.loads(printed)), reply, "", {})


def main():
    text = GUIDE.read_text()
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```sh\n") > 10, "a command without its answer"
    failed = 0
    with loopback.Habitue(sys.argv[1]) as server:
        env = {**os.environ, "URL": f"http://127.0.0.1:{server.port}", "KEY": server.keys["all"]}
        for number, (name, member, command, kind, printed) in enumerate(blocks, 1):
            done = subprocess.run(["sh", "-euc", command], env=env, stdout=subprocess.PIPE,
                                  text=True, timeout=60)
            fault = f"exit status {done.returncode}" if done.returncode else \
                compare(kind, printed, done.stdout)
            failed += fault is not None
            verdict = "not ok" if fault else "ok"
            print(f"{verdict} {number} - {number}: {command.splitlines()[0][:70]}")
            if fault:
                print(f"# {fault}")
            elif name:
                env[name] = json.loads(done.stdout)[member]
    print(f"1..{len(blocks)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
