#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sizes - files, functions and lines stay within tools/limits, and the limits never grow."""
import re
import subprocess

from common import ROOT, Problems, c_code, files, read, table

LIMITS = "tools/limits"
WIDE = (".c", ".h", ".py", ".sh", ".sql", ".ts", ".tsx", ".css")
# Functions whose parameters a library decides: MHD_AccessHandlerCallback has eight.
CALLBACKS = {("src/api/server.c", "on_request")}
FUNCTION = re.compile(r"^[A-Za-z_][^;{}#=]*?\b(?P<name>\w+)\s*\((?P<params>[^{};]*)\)\s*\{",
                      re.MULTILINE)


def limits_in(lines):
    return {name: int(value) for name, value in (line.split()[:2] for line in lines)}


def check_ratchet(limits, problems):
    """No limit is larger than it was in any commit."""
    log = subprocess.run(["git", "log", "--format=%H", "--", LIMITS], cwd=ROOT, check=True,
                         stdout=subprocess.PIPE, text=True)
    for commit in log.stdout.split():
        old = subprocess.run(["git", "show", f"{commit}:{LIMITS}"], cwd=ROOT,
                             stdout=subprocess.PIPE, text=True)
        if old.returncode:
            continue
        lines = (re.sub(r"#.*", "", line).strip() for line in old.stdout.splitlines())
        for name, value in limits_in(line for line in lines if line).items():
            if limits.get(name, value + 1) > value:
                problems.add(LIMITS, 0, f"{name} was {value} in {commit[:10]} and may not grow")


def check_lines(name, limits, problems):
    lines = read(name).splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > limits["line_columns"]:
            problems.add(name, number, f"{len(line)} columns")
    kind = {".c": "c_file_lines", ".h": "h_file_lines"}.get(name[-2:])
    if kind and len(lines) > limits[kind]:
        problems.add(name, 0, f"{len(lines)} lines, {limits[kind]} are the limit")


def functions(code):
    """(name, first line, parameters, body) of each function in blanked C."""
    for m in FUNCTION.finditer(code):
        start = m.end()
        end = code.find("\n}", start)
        yield m["name"], code.count("\n", 0, m.start()) + 1, m["params"], code[start:end]


def n_parameters(params):
    depth, n = 0, 1
    for c in params:
        depth += (c == "(") - (c == ")")
        n += c == "," and depth == 0
    return 0 if params.strip() in ("", "void") else n


# What stands before the brace of an initialiser: an operator, another brace, a compound literal.
LITERAL = re.compile(r"(?:[=,({]|\breturn|\((?:const )?(?:struct|union) \w+(?:\[\w*\])?\))\s*$")


def nesting(body):
    """The deepest block; initialisers do not count, nor do the function's own braces."""
    deepest, blocks = 0, []
    for m in re.finditer(r"[{}]", body):
        if m[0] == "{":
            inside_literal = blocks and not blocks[-1]
            blocks.append(not inside_literal and not LITERAL.search(body[:m.start()][-80:]))
            deepest = max(deepest, sum(blocks))
        elif blocks:
            blocks.pop()
    return deepest


def check_functions(name, limits, problems):
    for function, line, params, body in functions(c_code(read(name))):
        if n_parameters(params) > limits["parameters"] and (name, function) not in CALLBACKS:
            problems.add(name, line, f"{function} has {n_parameters(params)} parameters")
        if nesting(body) > limits["nesting"]:
            problems.add(name, line, f"{function} nests {nesting(body)} deep")
        n_lines = body.count("\n") + 2
        if n_lines > limits["function_lines"]:
            problems.add(name, line, f"{function} has {n_lines} lines")
        elif (name.startswith("src/api/") and "struct request *" in params
              and n_lines > limits["handler_lines"]):
            problems.add(name, line, f"{function} has {n_lines} lines, too many for a handler")


def check_complexity(names, limits, problems):
    told = subprocess.run(["pmccabe", *names], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                          text=True)
    for line in told.stdout.splitlines():
        complexity, _, _, first, _, where = line.split("\t")
        name, function = re.match(r"(.*)\(\d+\): (.*)", where).groups()
        if int(complexity) > limits["complexity"]:
            problems.add(name, first, f"{function} has complexity {complexity}")


def main():
    problems = Problems()
    limits = limits_in(table(LIMITS))
    check_ratchet(limits, problems)
    for name in files(*WIDE):
        check_lines(name, limits, problems)
    sources = files(".c")
    for name in sources:
        check_functions(name, limits, problems)
    check_complexity(sources, limits, problems)
    twins = [n for n in files(".pg.sql", ".sqlite.sql") if n.startswith("src/store/sql/")]
    if len(twins) > limits["dialect_twins"]:
        problems.add("src/store/sql", 0, f"{len(twins)} statements differ by dialect")
    problems.finish()


if __name__ == "__main__":
    main()
