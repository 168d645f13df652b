#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs - write the pages of docs/ that follow from other files.

  docs.py            writes them
  docs.py --check    tells which ones are not what it would write

  docs/reference/errors.md    from catalog/errors.def
  docs/acceptance.md          from docs/acceptance.rows and from what tests say they prove
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def errors():
    out = ["# Errors", "",
           "Every refusal and fault of the API. Numbers and codes never change their meaning; a",
           "reply carries the code in `application/problem+json`.", "",
           "Made from `catalog/errors.def` by `tools/docs.py`.", ""]
    for line in (ROOT / "catalog/errors.def").read_text().splitlines():
        m = re.match(r"// (\d{4}): (.*)", line)
        if m:
            out += [f"## {m[1]}: {m[2]}", "", "| number | code | HTTP status | means |",
                    "|---|---|---|---|"]
        m = re.match(r'ERROR\((\d+), \w+, "(\w+)", (\d+), "(.*)"\)', line)
        if m:
            out.append(f"| {m[1]} | `{m[2]}` | {m[3]} | {m[4]} |")
        if not line and out[-1]:
            out.append("")
    return "\n".join(out).rstrip() + "\n"


def proofs():
    """{row: files under tests/ that name it}"""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "tests"], cwd=ROOT,
                            check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
    found = {}
    for name in sorted(filter(None, listed)):
        path = ROOT / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        for row in set(re.findall(r"\bS\.[A-K]\d\d\b", text)):
            found.setdefault(row, []).append(name)
    return found


def acceptance():
    proven = proofs()
    groups, n_rows = [], 0
    for line in (ROOT / "docs/acceptance.rows").read_text().splitlines():
        if line.startswith("["):
            groups.append(f"\n## {line.strip('[]')}\n\n| row | about | proven by |\n|---|---|---|")
        elif line.startswith("S."):
            row, about = line.split(" ", 1)
            tests = ", ".join(f"`{name}`" for name in proven.get(row, [])) or "not yet"
            groups.append(f"| {row} | {about} | {tests} |")
            n_rows += 1
    head = ("# Acceptance\n\nWhat Habitue set out to do, one row each, and the tests that would "
            "fail without it: a\ntest names the row's id in a comment. Made by `tools/docs.py`.\n\n"
            f"{len(proven)} of {n_rows} rows are proven.\n")
    return head + "\n".join(groups) + "\n"


PAGES = {"docs/reference/errors.md": errors, "docs/acceptance.md": acceptance}


def main():
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if "--check" in sys.argv and stale:
        print("\n".join(f"{name}: not up to date, run tools/docs.py" for name in stale))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
