# SPDX-License-Identifier: Apache-2.0
"""command.py - running the binary, as the tests of the command line do.

The first argument of a test program is the binary; what follows is for unittest.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
TEMPLATES = ROOT / "docs/templates"
DATA = ROOT.parent / "shared/data"
LONG_S = 240


class Done:
    """What a command said and how it ended."""

    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr


class Case(unittest.TestCase):
    """A folder of its own for each test, and no settings from the outside."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="habitue-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("HABITUE_")}
        self.data = str(self.folder / "data")

    def run_it(self, *args, env=None, stdin=None, cwd=None):
        process = subprocess.run([BINARY, *map(str, args)], env={**self.env, **(env or {})},
                                 input=stdin, capture_output=True, timeout=LONG_S,
                                 cwd=cwd or self.folder)
        process.stdout = process.stdout.decode(errors="replace")
        process.stderr = process.stderr.decode(errors="replace")
        self.assertGreaterEqual(process.returncode, 0, f"{args} crashed: {process.stderr}")
        self.assertNotIn("Sanitizer", process.stderr)
        return Done(process)

    def good(self, *args, **more):
        done = self.run_it(*args, **more)
        self.assertEqual(done.code, 0, f"{args}: {done.out}{done.err}")
        return done

    def bad(self, code, *args, **more):
        done = self.run_it(*args, **more)
        self.assertEqual(done.code, code, f"{args}: {done.out}{done.err}")
        self.assertTrue(done.err, f"{args} failed without a word")
        return done

    def init(self, *args):
        self.good("init", "--data", self.data, *args)

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def serve(self):
        """A running server; the port is free because the kernel chose it."""
        process = subprocess.Popen([BINARY, "serve", "--data", self.data, "--listen",
                                    "127.0.0.1:0"], env=self.env, stdout=subprocess.PIPE, text=True,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(stop, process)
        line = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        self.assertTrue(port, line)
        return process, int(port.group(1))


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=60)
    process.stdout.close()
    return code


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]])
