#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs - write the pages of docs/ that follow from other files.

  docs.py            writes them
  docs.py --check    tells which ones are not what it would write

  docs/reference/errors.md    from catalog/errors.def
  docs/reference/laws.md      from catalog/laws.def
  docs/operations/configuration.md   from catalog/settings.def and the help texts in tests/cli
  docs/acceptance.md          from docs/acceptance.rows and from what tests say they prove
"""
import csv
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


LAWS = """\
# The laws that `habitue audit` checks

A finding names the table, the row, the law by its code, what was expected and what was found. The
auditor is a second implementation: it shares no code with what writes.

Made from `catalog/laws.def` by `tools/docs.py`.

| law | what must hold |
|---|---|
"""

BEYOND = """
What it cannot tell, because nothing vouches for it: personal data, identifiers, settings and API
keys; the texts and totals inside a kept reply (its effects are compared with the ledger); the
counts of orders, spend and visits in `event.facts` and in the member's counters; a counter of a
limit that is too low (one that is too high is found).
"""


def laws():
    text = (ROOT / "catalog/laws.def").read_text()
    rows = re.findall(r'^LAW\(\w+, +"(\w+)", +"(.*?)", "', text, re.M)
    return LAWS + "".join(f"| `{code}` | {law} |\n" for code, law in rows) + BEYOND


def setting_rows():
    """(name, default, placeholder, help, range) of each setting"""
    text = (ROOT / "catalog/settings.def").read_text()
    for kind, args in re.findall(r"^SETTING_(\w+)\((.*)\)$", text, re.M):
        columns = next(csv.reader([args], skipinitialspace=True))
        if kind == "TEXT":
            _, name, default, placeholder, about = columns
            yield name, default, placeholder, about, ""
        elif kind == "INT":
            _, name, default, low, high, placeholder, about = columns
            yield name, default, placeholder, about, f"{low} to {high}"
        else:
            _, name, default, about = columns
            yield name, default, "", about, "true or false"


CONFIGURATION = """\
# Settings and commands

Each setting is a flag, an environment variable and a line of the configuration file. Flags win
over the environment, the environment over the file, the file over the default; `habitue config`
prints what counts and where it comes from. The file is the one of `--config`, else of
`HABITUE_CONFIG`, else `habitue.ini` in the data folder. It has lines such as `readers = 4`, and
comments that begin with `;`. A name that does not exist or a value out of range is an error.

Made from `catalog/settings.def` and the help texts by `tools/docs.py`.

| flag | variable | default | values | |
|---|---|---|---|---|
"""
COMMANDS = """
## Commands

Exit status: 0 done, 1 refused or failed, 2 the command line is wrong.
"""


def configuration():
    out = CONFIGURATION
    for name, default, placeholder, about, values in setting_rows():
        variable = "HABITUE_" + name.upper().replace("-", "_")
        flag, fallback = f"--{name} {placeholder}".strip(), f"`{default}`" if default else ""
        out += f"| `{flag}` | `{variable}` | {fallback} | {values} | {about} |\n"
    out += COMMANDS
    for path in sorted((ROOT / "tests/cli/golden").glob("*.txt")):
        if path.stem == "help":
            continue
        text = path.read_text().split("\nSettings (flag")[0].strip()
        title = text.split("\n")[0].removeprefix("Usage: habitue ").split(" [options]")[0]
        out += f"\n### {title}\n\n```\n{text}\n```\n"
    return out


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


PAGES = {"docs/reference/errors.md": errors, "docs/reference/laws.md": laws,
         "docs/operations/configuration.md": configuration,
         "docs/acceptance.md": acceptance}


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
