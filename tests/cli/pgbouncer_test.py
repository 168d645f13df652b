#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pgbouncer_test.py - PgBouncer between Habitue and PostgreSQL: session mode works, transaction
mode is refused before anything is answered (docs/operations/scale.md).

  pgbouncer_test.py BINARY
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import command
from command import BINARY, LONG_S, Case, psql, stop

CONFIG = """[databases]
{database} = host={host} dbname={database} user={user}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = {pool}
logfile = {folder}/log
pidfile = {folder}/pid
"""


class PgBouncer(Case):
    def setUp(self):
        super().setUp()
        server = dict(re.findall(r"(host|user)=([^&]+)", os.environ["TEST_PG"]))
        self.host, self.user = server["host"], server["user"]
        self.database = f"bouncer_{os.getpid()}_{self._testMethodName[5:20]}"
        psql(f"CREATE DATABASE {self.database}")
        self.addCleanup(psql, f"DROP DATABASE {self.database} WITH (FORCE)")
        self.direct = f"postgres:///{self.database}?host={self.host}&user={self.user}"

    def bouncer(self, mode, pool):
        """The address of a pooler of its own.  It refuses to be root, so it belongs to nobody."""
        place = self.folder / "b"
        place.mkdir()
        self.folder.chmod(0o711)
        config = place / "ini"
        config.write_text(CONFIG.format(database=self.database, host=self.host, user=self.user,
                                        folder=place, mode=mode, pool=pool))
        run = []
        if os.geteuid() == 0:
            shutil.chown(place, "nobody")
            run = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        process = subprocess.Popen([*run, program, "-q", str(config)], stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.send_signal, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while not (place / ".s.PGSQL.6432").exists():
            self.assertLess(time.monotonic(), deadline, "PgBouncer does not start")
            time.sleep(0.02)
        return f"postgres:///{self.database}?host={place}&port=6432&user={self.user}"

    def start(self, url):
        process = subprocess.Popen([BINARY, "serve", "--data", self.data, "--database", url,
                                    "--listen", "127.0.0.1:0"], env=self.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(stop, process)
        return process

    def test_session_mode_serves_and_keeps_the_laws(self):
        url = self.bouncer("session", 10)
        where = ("--data", self.data, "--database", url)
        self.good("init", "--demo", *where)
        self.good("demo", *where)
        key = self.good("key", "create", "--scopes", "all", *where).out.strip()
        line = self.start(url).stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        self.assertTrue(address, line)
        body = b'{"external_id": "bounced"}'
        request = urllib.request.Request(address[0] + "/v1/members", body,
                                         {"Authorization": f"Bearer {key}",
                                          "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LONG_S) as reply:
            self.assertEqual(reply.status, 201)
        self.assertIn("every law is kept", self.good("audit", *where).out)
        self.assertEqual(psql("SELECT kind FROM identifier WHERE value = 'bounced'", self.direct),
                         [["external_id"]])

    def test_transaction_mode_is_refused(self):
        self.good("init", "--demo", "--data", self.data, "--database", self.direct)
        # One connection for all: each meets what the others have prepared.
        process = self.start(self.bouncer("transaction", 1))
        said = process.stdout.readline()
        self.assertEqual(said, "", "it listens")
        self.assertNotEqual(process.wait(60), 0)
        self.assertIn("habitue: ", process.stderr.read())


if __name__ == "__main__":
    assert pathlib.Path(BINARY).exists()
    command.main()
