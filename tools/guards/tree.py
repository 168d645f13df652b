#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tree - licence lines, file heads, READMEs, and no word of the machine it was written on."""
import re

from common import ROOT, Problems, files, read

LICENCE = "SPDX-License-Identifier: Apache-2.0"
LICENSED = (".c", ".h", ".py", ".ts", ".tsx", ".css")
MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|mnt|srv|media)/\w")
README_LINES_MAX = 80


def check_head(name, problems):
    """The licence in the first two lines; in src/, then "file - what it is" and its layer."""
    lines = read(name).splitlines()
    if not any(LICENCE in line for line in lines[:2]):
        problems.add(name, 1, "the SPDX line is missing")
    if not name.startswith("src/") or not name.endswith((".c", ".h")):
        return
    base = name.rsplit("/", 1)[1]
    if len(lines) < 2 or not lines[1].startswith(f"// {base} - "):
        problems.add(name, 2, f"the file's head does not begin with '// {base} - '")
    head = [line for line in lines[1:40] if line.startswith("//")]
    if not any("Layer:" in line for line in head):
        problems.add(name, 2, "the file's head names no layer and no tests")


def check_readmes(problems):
    folders = {"/".join(name.split("/")[:2]) for name in files(under="src") if name.count("/") > 1}
    for folder in sorted(folders):
        readme = ROOT / folder / "README.md"
        if not readme.exists():
            problems.add(folder, 0, "there is no README.md")
        elif len(readme.read_text().splitlines()) > README_LINES_MAX:
            problems.add(f"{folder}/README.md", 0, "longer than a page")


def main():
    problems = Problems()
    for name in files():
        text = read(name)
        if name.endswith(LICENSED) or text.startswith("#!"):
            check_head(name, problems)
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE.search(line):
                problems.add(name, number, "a path of somebody's machine")
    check_readmes(problems)
    problems.finish()


if __name__ == "__main__":
    main()
