#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files into a C table: {"name", "text"} for each, NULL at the end.

    embed.py OUTPUT TABLE FILE...
"""
import pathlib
import sys


def escaped(line: str) -> str:
    plain = set(map(chr, range(32, 127))) - set('"\\?')
    return "".join(c if c in plain else "".join(f"\\{b:03o}" for b in c.encode()) for c in line)


def literal(text: str) -> str:
    return "\n".join(f'    "{escaped(line)}"' for line in text.splitlines(keepends=True))


def main() -> None:
    output, table, *files = sys.argv[1:]
    out = ['#include "cli/embedded.h"\n', f"const struct embedded {table}[] = {{"]
    for file in sorted(files):
        path = pathlib.Path(file)
        out.append(f'    {{"{path.stem}",\n{literal(path.read_text("utf-8"))}}},')
    out.append("    {NULL, NULL},\n};\n")
    pathlib.Path(output).write_text("\n".join(out), "utf-8")


if __name__ == "__main__":
    main()
