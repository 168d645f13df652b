#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""symbols - what compiled layers really call.

The engine's objects import nothing outside of tools/purity and keep no state of their own; the
layers named by "calls" in tools/layers call no function of the layers they may only know by type.

  symbols.py BUILD_DIR
"""
import fnmatch
import re
import subprocess
import sys

from common import ROOT, Problems, c_code, files, read, table

# A variable of a file, or a static one of a function, that is not constant; a function has a
# parenthesis before '=' or ';'.
STATE = re.compile(r"^(?:static\s+)?(?!.*\b(?:const|typedef)\b)(?!struct \w+;|enum \w+;|extern)"
                   r"[A-Za-z_][\w\s*]*\b\w+(?:\[[^\]]*\])*\s*(?:=|;)"
                   r"|^\s+static\s+(?!.*\bconst\b)[\w\s*]+(?:\[[^\]]*\])*\s*(?:=|;)")


def symbols(build, layer, undefined):
    """{object's name: its symbols} of one layer's library."""
    found = {}
    for path in sorted((ROOT / build / "src" / layer).glob(f"lib{layer}.a.p/*.o")):
        told = subprocess.run(["nm", "-u" if undefined else "--defined-only", str(path)],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        lines = [line.split() for line in told.splitlines()]
        found[path.stem] = {words[-1] for words in lines
                            if words and (undefined or words[-2] in "TDBRVW")}
    return found


def everything(by_object):
    return set().union(*by_object.values()) if by_object else set()


def check_purity(build, problems):
    allowed = table("tools/purity")
    own = everything(symbols(build, "engine", undefined=False))
    for name, wanted in symbols(build, "engine", undefined=True).items():
        for symbol in sorted(wanted - own):
            if not any(fnmatch.fnmatch(symbol, pattern) for pattern in allowed):
                problems.add(f"src/engine/{name}", 0, f"the engine may not use {symbol}")
    for name in files(".c", under="src/engine"):
        for number, line in enumerate(c_code(read(name)).splitlines(), 1):
            if STATE.match(line):
                problems.add(name, number, "the engine keeps no variables of its own")


def check_calls(build, problems):
    for line in table("tools/layers"):
        if not line.startswith("calls "):
            continue
        _, layer, _, *others = line.split()
        wanted = symbols(build, layer, undefined=True)
        for other in others:
            theirs = everything(symbols(build, other, undefined=False))
            for name, symbols_used in wanted.items():
                for symbol in sorted(symbols_used & theirs):
                    problems.add(f"src/{layer}/{name}", 0, f"{layer} may not call {symbol}")


def main():
    problems = Problems()
    check_purity(sys.argv[1], problems)
    check_calls(sys.argv[1], problems)
    problems.finish()


if __name__ == "__main__":
    main()
