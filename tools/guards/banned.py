#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""banned - calls of tools/banned, floating point near money, and unfinished business."""
import re

from common import Problems, c_code, files, read, table

NO_FLOATS = ("src/engine/", "src/program/", "src/store/", "src/flow/")
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b")  # brackets: not this line itself


def calls():
    """(pattern, word, allowed prefixes, instead)"""
    for line in table("tools/banned"):
        word, where, instead = re.split(r"\s{2,}", line, maxsplit=2)
        pattern = re.compile(r"(?<![\w.>])" + re.escape(word[:-1]) + r"\s*\(")
        yield pattern, word, tuple(p for p in where.split() if p != "-"), instead


def main():
    problems = Problems()
    rules = list(calls())
    for name in files(".c", ".h", under="src"):
        for number, line in enumerate(c_code(read(name)).splitlines(), 1):
            for pattern, word, allowed, instead in rules:
                if pattern.search(line) and not name.startswith(allowed or ("-",)):
                    problems.add(name, number, f"{word}) is banned; instead: {instead}")
            if name.startswith(NO_FLOATS) and re.search(r"\b(float|double)\b", line):
                problems.add(name, number, "no floating point here")
    for name in files(".c", ".h", ".def", ".py", ".sh", ".sql", ".ts", ".tsx", ".md", ".build"):
        for number, line in enumerate(read(name).splitlines(), 1):
            if UNFINISHED.search(line):
                problems.add(name, number, "unfinished: do it or leave it out")
    problems.finish()


if __name__ == "__main__":
    main()
