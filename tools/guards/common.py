# SPDX-License-Identifier: Apache-2.0
"""What the guards share: the files of the tree, C without its comments, and how to complain."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*suffixes, under=""):
    """Files git knows or would add, as paths from the root; with one of the suffixes, if any."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", under or "."]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    return [n for n in names if not suffixes or n.endswith(suffixes)]


def read(name):
    return (ROOT / name).read_text(errors="replace")


def table(name):
    """The lines of a data file without comments and blank ones."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in read(name).splitlines())
    return [line for line in lines if line]


C_NOISE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def c_code(text):
    """C with comments and the insides of literals blanked out, line by line as before."""
    def blank(m):
        keep = m[0][0] if m[0][0] in "\"'" else ""
        return keep + re.sub(r"[^\n]", " ", m[0][len(keep):len(m[0]) - len(keep)]) + keep
    return C_NOISE.sub(blank, text)


class Problems:
    """Collects lines such as "src/x.c:12: too long" and ends the guard with them."""

    def __init__(self):
        self.lines = []

    def add(self, name, line, text):
        self.lines.append(f"{name}:{line}: {text}" if line else f"{name}: {text}")

    def finish(self):
        for line in self.lines:
            print(line)
        sys.exit(1 if self.lines else 0)
