# SPDX-License-Identifier: Apache-2.0
"""loopback.py - a server on a free port of this machine, for as long as a test needs it.

Testd starts the test server (tests/api/testd.c), Habitue the real one on a fresh data folder.
Both have .port and .keys, a key by scope.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
START_S = 30
STOP_S = 30


def catalogue(name, folder=ROOT / "catalog"):
    """The rows of catalog/<name>.def: lists of their columns as written, quotes gone."""
    text = (folder / f"{name}.def").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
    rows = []
    for row in re.findall(r"^[A-Z]+\((.*?)\)$", text, re.M | re.S):
        columns = re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*', row)
        rows.append([c.strip().strip('"') for c in columns])
    return rows


class Server:
    """A process that prints "listening on http://127.0.0.1:PORT" once it is ready."""

    def __init__(self, command, env=None):
        self.log = tempfile.TemporaryFile()
        self.keys = {}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env=env)
        self.port = self._read_until_listening()

    def _read_until_listening(self):
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["key"]:
                self.keys[words[1]] = words[2]
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found.group(1))
        raise RuntimeError(f"the server did not start: {self.read_log()}")

    def read_log(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=START_S)

    def http(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)

    def request(self, method, path, body=None, key="all", headers=None, connection=None):
        """(status, headers with lower-case names, body bytes) of one request."""
        sent = {} if key is None else {"Authorization": f"Bearer {self.keys.get(key, key)}"}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        used = connection or self.http()
        try:
            used.request(method, path, body=body, headers=sent)
        except BrokenPipeError:
            pass  # refused before all of it was sent: the answer is there to be read
        reply = used.getresponse()
        content = reply.read()
        if connection is None:
            used.close()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, content

    def stop(self):
        """Its exit status after SIGTERM."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.final_log = self.read_log()
        self.log.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        status = self.stop()
        if status != 0:
            raise RuntimeError(f"the server ended with {status}: {self.final_log}")


class Testd(Server):
    def __init__(self, program, *options):
        super().__init__([program, *options])


def psql(sql):
    """Tells the server of TEST_PG."""
    found = shutil.which("psql")
    newest = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))
    subprocess.run([found or newest[-1], "-q", "-v", "ON_ERROR_STOP=1", "-c", sql,
                    os.environ["TEST_PG"]], check=True, stderr=subprocess.PIPE)


class Habitue(Server):
    """habitue serve on data of its own, with two tenants that run the demo programme.

    On PostgreSQL when TEST_BACKEND says so.

    A key by scope of the first, "all" among them; "other" is a key of the second with all scopes.
    """

    def __init__(self, program, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="habitue-api-")
        self.program, self.data = program, os.path.join(self.folder.name, "data")
        self.env = dict(os.environ)
        self.schema = None
        if os.environ.get("TEST_BACKEND") == "postgres":
            self.schema = f"api{os.getpid()}_{id(self)}"
            psql(f"CREATE SCHEMA {self.schema}")
            self.env["HABITUE_DATABASE"] = (os.environ["TEST_PG"] +
                                            f"&options=-csearch_path%3D{self.schema}")
        self.run("init", "--demo")
        self.run("init", "--demo", "--tenant", "other")
        scopes = ["all"] + [row[1] for row in catalogue("scopes")]
        keys = {scope: self.run("key", "create", "--scopes", scope) for scope in scopes}
        keys["other"] = self.run("key", "create", "--scopes", "all", "--tenant", "other")
        super().__init__([program, "serve", "--data", self.data, "--listen", "127.0.0.1:0",
                          *options], env=self.env)
        self.keys = keys

    def run(self, *words):
        """What a command that works on the data folder prints."""
        return subprocess.run([self.program, *words, "--data", self.data], check=True, text=True,
                              stdout=subprocess.PIPE, env=self.env).stdout.strip()

    def __exit__(self, *args):
        super().__exit__(*args)
        self.folder.cleanup()
        if self.schema:
            psql(f"DROP SCHEMA {self.schema} CASCADE")
