#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - run the tests that meson knows and count single cases, not programs.

  run.py BUILD_DIR [LAYER[/PROGRAM[:CASE]]]

A test program says how its cases went in one of three ways: cmocka's usual output, TAP, or that
of python -m unittest -v.  One that says nothing is a case of its own, by its exit status (77 =
skipped).  A program that crashes, times out, promises more cases than it reports or exits with
an error that no case explains has failed once more.  There is no second try: a test that fails
now and then is a test that fails.

Tests of the suite "pg" get the URL of a private PostgreSQL in TEST_PG.
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
SHOWN_LINES = 60

CASE_LINES = [
    # cmocka; its summary repeats failures as "N test(s)" and "name" after the last case
    re.compile(r"^\[ +(?P<ok>OK) \] (?P<name>\S+)$|^\[  (?P<failed>FAILED)  \] (?P<fname>\S+)$"
               r"|^\[  (?P<skipped>SKIPPED) \] (?P<sname>\S+)$"),
    # TAP
    re.compile(r"^(?P<ok>ok) \d+(?: - (?P<name>(?:(?!# SKIP).)*))?$"
               r"|^(?P<failed>not ok) \d+(?: - (?P<fname>(?:(?!# SKIP).)*))?$"
               r"|^(?:not )?ok \d+.*(?P<skipped># SKIP) ?(?P<sname>.*)$"),
    # unittest -v
    re.compile(r"^(?P<name>\w+) \(.*\)(?:\n.*)? \.\.\. (?:(?P<ok>ok)|(?P<failed>FAIL|ERROR)"
               r"|(?P<skipped>skipped .*))$"),
]
PLANS = [re.compile(r"^\[=+\] Running (\d+) test\(s\)", re.M), re.compile(r"^1\.\.(\d+)", re.M)]


class Outcome:
    def __init__(self, name):
        self.name = name
        self.passed, self.failed, self.skipped = [], [], []
        self.output = ""


def read_cases(outcome, output):
    """Sorts the cases that the output tells of; each name once."""
    seen = set()
    for line in output.splitlines():
        for pattern in CASE_LINES:
            m = pattern.match(line)
            if not m:
                continue
            groups = m.groupdict()
            name = groups.get("name") or groups.get("fname") or groups.get("sname") or line
            name = name.strip()
            if name not in seen:
                seen.add(name)
                kind = ("passed" if groups["ok"] else "failed" if groups["failed"] else "skipped")
                getattr(outcome, kind).append(name)
            break
    return sum(int(n) for pattern in PLANS for n in pattern.findall(output)[:1])


def judge(outcome, output, status, planned):
    """Adds what the cases alone do not tell."""
    told = len(outcome.passed) + len(outcome.failed) + len(outcome.skipped)
    if status == SKIPPED and not outcome.failed:
        outcome.skipped.append("the program")
    elif status is None:
        outcome.failed.append("timed out")
    elif status < 0:
        outcome.failed.append(f"killed by {signal.Signals(-status).name}")
    elif status and not outcome.failed:
        outcome.failed.append(f"exit status {status}")
    elif told < planned:
        outcome.failed.append(f"{planned} cases promised, {told} reported")
    elif not told:
        outcome.passed.append("the program")
    outcome.output = output


def run(test, build, env):
    outcome = Outcome(name_of(test))
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            test["cmd"], cwd=test["workdir"] or build, env={**env, **test["env"]}, stdout=out,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            status = process.wait(test["timeout"] if test["timeout"] > 0 else None)
        except subprocess.TimeoutExpired:
            status = None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind
        process.wait()
        out.seek(0)
        output = out.read().decode(errors="replace")
    judge(outcome, output, status, read_cases(outcome, output))
    return outcome


def layers_of(test):
    """The suites, without the project's name that meson puts in front."""
    return [s.split(":")[-1] for s in test["suite"]]


def name_of(test):
    return f"{layers_of(test)[0]}/{test['name']}"


def select(tests, wanted):
    """The tests that T=wanted means, and the part of a case's name, or ''."""
    program, _, case = wanted.partition(":")
    chosen = [t for t in tests
              if not program or name_of(t) == program or program in layers_of(t)]
    return chosen, case


def keep_cases(outcome, part):
    for kind in ("passed", "failed", "skipped"):
        setattr(outcome, kind, [name for name in getattr(outcome, kind) if part in name])


def report(outcome):
    for case in outcome.failed:
        print(f"FAILED {outcome.name}: {case}")
    if outcome.failed:
        lines = outcome.output.splitlines()
        print("\n".join("    " + line for line in lines[-SHOWN_LINES:]), flush=True)


def run_all(tests, build, env):
    """Tests that share well first, on all cores; then those that want the machine alone."""
    shared = [t for t in tests if t["is_parallel"]]
    alone = [t for t in tests if not t["is_parallel"]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda t: run(t, build, env), shared)
    for test in alone:
        yield run(test, build, env)


@contextlib.contextmanager
def postgres(tests, env):
    """A private cluster while tests run that want one."""
    if not any("pg" in layers_of(t) for t in tests) or "TEST_PG" in env:
        yield env
        return
    pg = str(ROOT / "tools/pg")
    with tempfile.TemporaryDirectory(prefix="habitue-pg-") as folder:
        url = subprocess.run([pg, "start", folder], check=True, stdout=subprocess.PIPE, text=True)
        try:
            yield {**env, "TEST_PG": url.stdout.strip()}
        finally:
            subprocess.run([pg, "stop", folder], check=True)


def main():
    build, wanted = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    listed = subprocess.run(["meson", "introspect", "--tests", build], check=True,
                            stdout=subprocess.PIPE, text=True)
    tests, part = select(json.loads(listed.stdout), wanted)
    env = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", **os.environ}
    passed = failed = skipped = 0
    with postgres(tests, env) as test_env:
        for outcome in run_all(tests, build, test_env):
            if part:
                keep_cases(outcome, part)
            report(outcome)
            passed += len(outcome.passed)
            failed += len(outcome.failed)
            skipped += len(outcome.skipped)
    if passed + failed + skipped == 0:
        print(f"There is no test '{wanted}'")
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
