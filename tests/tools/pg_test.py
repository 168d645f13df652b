# SPDX-License-Identifier: Apache-2.0
"""Laws of tools/pg: a cluster of one's own that leaves nothing behind, however it ends."""
import os
import signal
import subprocess
import time
import unittest

from helper import ROOT, FolderTest, state_of

PG = str(ROOT / "tools/pg")


class PgTest(FolderTest):
    def setUp(self):
        super().setUp()
        # The sockets of a path that is too long would not open: as short as any.
        self.env = {**os.environ, "TMPDIR": str(self.folder)}
        self.env.pop("TEST_PG", None)
        self.folder.chmod(0o711)

    def run_pg(self, *command):
        return subprocess.run([PG, *command], env=self.env, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=60)

    def servers(self):
        """Process ids that postmasters below our folder have left in their files."""
        return [int(p.read_text().split("\n")[0]) for p in self.folder.rglob("postmaster.pid")]

    def test_a_command_finds_a_server_and_nothing_stays(self):
        done = self.run_pg("run", "sh", "-c", 'psql "$TEST_PG" -Atc "SELECT 6 * 7"')
        self.assertEqual((done.returncode, done.stdout), (0, "42\n"))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_commands_status_comes_through(self):
        self.assertEqual(self.run_pg("run", "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_interrupted_run_stops_its_server(self):
        process = subprocess.Popen([PG, "run", "sleep", "60"], env=self.env,
                                   start_new_session=True)
        deadline = time.monotonic() + 30
        while not list(self.folder.rglob(".s.PGSQL.5432")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        [server] = self.servers()
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        self.assertIn(state_of(server), "XZ")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_two_clusters_do_not_meet(self):
        urls = []
        for name in "a", "b":
            (self.folder / name).mkdir()
            done = self.run_pg("start", str(self.folder / name))
            self.assertEqual(done.returncode, 0, done.stdout)
            self.addCleanup(self.run_pg, "stop", str(self.folder / name))
            urls.append(done.stdout.strip())
        subprocess.run(["psql", "-q", urls[0], "-c", "CREATE TABLE only_here ()"], check=True)
        found = subprocess.run(["psql", urls[1], "-Atc", "SELECT to_regclass('only_here') IS NULL"],
                               check=True, stdout=subprocess.PIPE, text=True)
        self.assertEqual(found.stdout, "t\n")

    def test_it_listens_on_no_port(self):
        show = 'psql "$TEST_PG" -Atc "SHOW listen_addresses"'
        self.assertEqual(self.run_pg("run", "sh", "-c", show).stdout, "\n")

    def test_a_folder_in_use_is_refused(self):
        self.put("used/file", "")
        self.assertEqual(self.run_pg("start", str(self.folder / "used")).returncode, 1)
        self.assertEqual([p.name for p in (self.folder / "used").iterdir()], ["file"])


if __name__ == "__main__":
    unittest.main()
