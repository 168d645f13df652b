#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files into a C table: {"name", "text"} for each, NULL at the end.

    embed.py OUTPUT TABLE FILE...
"""
import pathlib
import sys


def literal(text: str) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        body = "".join(
            c if 32 <= ord(c) < 127 and c not in '"\\?' else "".join(f"\\{b:03o}" for b in c.encode())
            for c in line
        )
        lines.append(f'    "{body}"')
    return "\n".join(lines)


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
