# SPDX-License-Identifier: Apache-2.0
"""Laws of tests/run.py: nothing that went wrong is counted as passed, and nothing twice."""
import os
import sys
import time
import unittest

from helper import FolderTest, state_of
import run

CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] test_a
[       OK ] test_a
[ RUN      ] test_b
[  ERROR   ] --- 0x1 != 0x2
[  FAILED  ] test_b
[ RUN      ] test_c
[  SKIPPED ] test_c
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] test_b
"""
TAP = "1..3\nok 1 - a\nnot ok 2 - b\n# why\nok 3 - c # SKIP no database\n"
UNITTEST = """test_a (m.T.test_a) ... ok
test_b (m.T.test_b) ... FAIL
test_c (m.T.test_c) ... skipped 'no database'
"""


class CountingTest(FolderTest):
    def outcome(self, script, timeout=20):
        """Of a program that is this Python script."""
        path = self.put("program.py", script)
        test = {"name": "x", "suite": ["habitue:y"], "cmd": [sys.executable, str(path)],
                "workdir": None, "env": {}, "timeout": timeout, "is_parallel": True}
        return run.run(test, self.folder, dict(os.environ))

    def assertCounts(self, outcome, passed, failed, skipped=0):
        counts = [len(outcome.passed), len(outcome.failed), len(outcome.skipped)]
        self.assertEqual(counts, [passed, failed, skipped], vars(outcome))

    def test_the_three_formats_count_alike(self):
        for text in CMOCKA, TAP, UNITTEST:
            self.assertCounts(self.outcome(f"print({text!r}); exit(1)"), 1, 1, 1)

    def test_names_come_through(self):
        outcome = self.outcome(f"print({CMOCKA!r}); exit(1)")
        self.assertEqual((outcome.passed, outcome.failed), (["test_a"], ["test_b"]))

    def test_a_silent_program_is_one_case(self):
        self.assertCounts(self.outcome("pass"), 1, 0)
        self.assertCounts(self.outcome("exit(3)"), 0, 1)
        self.assertCounts(self.outcome("exit(77)"), 0, 0, 1)

    def test_a_crash_is_a_failure_beside_what_passed(self):
        crash = "import os; print('[       OK ] test_a', flush=True); os.kill(os.getpid(), 11)"
        outcome = self.outcome(crash)
        self.assertCounts(outcome, 1, 1)
        self.assertIn("SIGSEGV", outcome.failed[0])

    def test_an_exit_status_that_no_case_explains_is_a_failure(self):
        self.assertCounts(self.outcome("print('ok 1 - a'); exit(1)"), 1, 1)

    def test_fewer_cases_than_promised_is_a_failure(self):
        self.assertCounts(self.outcome("print('1..3'); print('ok 1 - a')"), 1, 1)

    def test_a_program_that_hangs_is_a_failure(self):
        outcome = self.outcome("print('ok 1 - a', flush=True); import time; time.sleep(60)",
                               timeout=1)
        self.assertCounts(outcome, 1, 1)

    def test_a_case_that_says_skip_after_not_ok_is_skipped(self):
        self.assertCounts(self.outcome("print('not ok 1 # SKIP test_c')"), 0, 0, 1)

    def test_what_a_program_left_running_is_ended(self):
        pid = self.folder / "pid"
        self.outcome("import subprocess; p = subprocess.Popen(['sleep', '60'])\n"
                     f"open({str(pid)!r}, 'w').write(str(p.pid))")
        deadline = time.monotonic() + 10
        while state_of(pid.read_text()) not in "XZ":
            self.assertLess(time.monotonic(), deadline, "it still runs")
            time.sleep(0.01)


class SelectionTest(unittest.TestCase):
    TESTS = [{"name": "lots", "suite": ["habitue:engine"]},
             {"name": "id", "suite": ["habitue:base"]},
             {"name": "lots", "suite": ["habitue:store", "habitue:pg"]}]

    def names(self, wanted):
        return [run.name_of(t) for t in run.select(self.TESTS, wanted)[0]]

    def test_nothing_wanted_is_all(self):
        self.assertEqual(len(self.names("")), 3)

    def test_a_layer_a_program_or_a_suite(self):
        self.assertEqual(self.names("engine"), ["engine/lots"])
        self.assertEqual(self.names("store/lots"), ["store/lots"])
        self.assertEqual(self.names("pg"), ["store/lots"])
        self.assertEqual(self.names("lots"), [])

    def test_a_part_of_a_case(self):
        chosen, part = run.select(self.TESTS, "engine/lots:expiry")
        self.assertEqual((len(chosen), part), (1, "expiry"))


if __name__ == "__main__":
    unittest.main()
