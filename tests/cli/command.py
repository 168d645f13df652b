# SPDX-License-Identifier: Apache-2.0
"""command.py - running the binary, as the tests of the command line do.

The first argument of a test program is the binary; what follows is for unittest.

With TEST_BACKEND=postgres every data folder that a test names has a database of its own, a schema
on the server of TEST_PG, and commands are given its address.
"""
import csv
import io
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
TEMPLATES = ROOT / "docs/templates"
DATA = ROOT.parent / "shared/data"
LONG_S = 240
POSTGRES = os.environ.get("TEST_BACKEND") == "postgres"


def psql(sql, url=None):
    """Rows of a query on PostgreSQL, as lists of texts."""
    found = shutil.which("psql")
    newest = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))
    done = subprocess.run([found or newest[-1], "-q", "--csv", "-t", "-v", "ON_ERROR_STOP=1",
                           "-c", sql, url or os.environ["TEST_PG"]], text=True,
                          capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return list(csv.reader(io.StringIO(done.stdout)))


class Databases:
    """Schemas on the server of TEST_PG, for as long as a test needs them."""

    n_made = 0

    def __init__(self):
        self.schemas = {}

    def url(self, name):
        """The address of the database that the test calls so."""
        if name not in self.schemas:
            Databases.n_made += 1
            self.schemas[name] = f"cli{os.getpid()}_{Databases.n_made}"
            psql(f"CREATE SCHEMA {self.schemas[name]}")
        return os.environ["TEST_PG"] + f"&options=-csearch_path%3D{self.schemas[name]}"

    def drop(self):
        for schema in self.schemas.values():
            psql(f"SET client_min_messages = error; DROP SCHEMA {schema} CASCADE")


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
        self.databases = Databases()
        self.addCleanup(self.databases.drop)

    def env_for(self, args):
        """The environment of a command: where its data are."""
        args = [str(a) for a in args]
        if not POSTGRES or "--data" not in args[:-1]:
            return self.env
        return {**self.env, "HABITUE_DATABASE": self.databases.url(args[args.index("--data") + 1])}

    def run_it(self, *args, env=None, stdin=None, cwd=None):
        process = subprocess.run([BINARY, *map(str, args)],
                                 env={**self.env_for(args), **(env or {})},
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

    def query(self, sql):
        """What the data of the test hold: rows, numbers as numbers."""
        if POSTGRES:
            number = re.compile(r"-?\d+")
            return [tuple(int(v) if number.fullmatch(v) else v for v in row)
                    for row in psql(sql, self.databases.url(self.data))]
        with sqlite3.connect(f"file:{self.data}/habitue.db?mode=ro", uri=True) as db:
            return db.execute(sql).fetchall()

    def serve(self):
        """A running server; the port is free because the kernel chose it."""
        args = ["serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        process = subprocess.Popen([BINARY, *args], env=self.env_for(args), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
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
