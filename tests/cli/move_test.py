#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""move_test.py - habitue migrate-db: a shop elsewhere is the same shop, or it is not there.

  move_test.py BINARY

Needs the PostgreSQL of TEST_PG.  One shop with everything a shop can have is made once, in a data
folder; each test moves a copy of it.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import command
from command import BINARY, TEMPLATES, Case, psql, stop

WAIT_S = 60
TABLES = 18  # of the schema, without schema_migration


def wait_for(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Api:
    """A server on some data, and a key that it accepts."""

    def __init__(self, env, key, *place):
        self.process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0",
                                         "--seal-every", "10", *place], env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", line).group(1))
        self.key = key

    def ask(self, method, path, body=None, **headers):
        """(status, bytes, whether it is an old reply)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        connection.request(method, path, body=json.dumps(body) if body else None,
                           headers={"Authorization": f"Bearer {self.key}",
                                    "Content-Type": "application/json", **headers})
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        return reply.status, content, reply.getheader("Idempotent-Replayed") == "true"

    def good(self, method, path, body=None, **headers):
        status, content, _ = self.ask(method, path, body, **headers)
        assert status < 300, content
        return json.loads(content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert stop(self.process) == 0


def order(external_id, cents=2000, member="ada"):
    return {"source": "till", "external_id": external_id, "type": "order.paid",
            "member": {"external_id": member},
            "order": {"lines": [{"id": "1", "quantity": 2, "unit_amount": cents}]}}


REDEEM = {"reward_id": "coffee"}


class Shop:
    """The shop that moves, and what its clients remember of it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="habitue-move-"))
        self.data = str(self.folder / "data")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("HABITUE_")}
        self.run("init", "--demo")
        self.run("init", "--template", "boutique", "--tenant", "other")
        self.run("demo")
        changed = self.folder / "changed.json"
        changed.write_text((TEMPLATES / "cafe.json").read_text().replace('"units": 10',
                                                                         '"units": 20'))
        self.run("apply", "--note", "twice as much", str(changed))
        table = self.folder / "members.csv"
        table.write_text("external_id,name,balance\n1,Zo\u00eb,10\n2,,\n")
        self.run("import", "members", str(table))
        self.key = self.run("key", "create", "--scopes", "all", "--name", "till")
        self.run("key", "create", "--scopes", "events:write", "--tenant", "other")
        with Api(self.env, self.key, "--data", self.data) as api:
            self.use(api)
            wait_for(lambda: self.count("seal") > 0)
        self.dump = dump(self.data)

    def run(self, *words):
        return subprocess.run([BINARY, *words, "--data", self.data], check=True, text=True,
                              stdout=subprocess.PIPE, env=self.env).stdout.strip()

    def count(self, table):
        with sqlite3.connect(f"file:{self.data}/habitue.db?mode=ro", uri=True) as db:
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def use(self, api):
        self.member = api.good("POST", "/v1/events", order("o-1", 9000))["member_id"]
        body = {**REDEEM, "member_id": self.member}
        self.reply = api.ask("POST", "/v1/redemptions", body, **{"Idempotency-Key": "till-1"})
        assert self.reply[0] == 201, self.reply
        api.good("POST", "/v1/redemptions", {**body, "hold": True},
                 **{"Idempotency-Key": "till-2"})
        parked = {"source": "till", "external_id": "r-9", "type": "order.refunded",
                  "refund_of": "o-9", "order": {"lines": [{"id": "1", "quantity": 1}]}}
        assert api.ask("POST", "/v1/events", parked)[0] == 202
        back = {**parked, "external_id": "r-1", "refund_of": "o-1"}
        api.good("POST", "/v1/events", back)
        made = api.good("POST", "/v1/keys", {"name": "lost", "scopes": "members:read"})
        assert api.ask("DELETE", f"/v1/keys/{made['key']['id']}")[0] == 204
        self.pages = self.read(api)

    def read(self, api):
        """What the API tells of the member and the programme, but for the time of the answer."""
        member = f"/v1/members/{self.member}"
        parts = ("balances", "lots", "expiries", "ledger", "events", "redemptions")
        pages = [member, *(f"{member}/{part}" for part in parts), "/v1/program/versions",
                 "/v1/keys"]
        return {page: {**api.good("GET", page), "as_of": None} for page in pages}


def dump(folder):
    """Every row of every table."""
    with sqlite3.connect(f"file:{folder}/habitue.db?mode=ro", uri=True) as db:
        names = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"
                                              " AND name NOT LIKE 'sqlite_%'")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
                for name in names}


class MoveCase(Case):
    def setUp(self):
        super().setUp()
        shutil.copytree(SHOP.data, self.data)
        self.url = self.databases.url("first")

    def move(self, to, *args, source=None):
        """What --json says; the exit status must be 0."""
        return json.loads(self.good("migrate-db", *(source or ("--data", self.data)), "--to", to,
                                    "--json", *args).out)

    def verify(self, to, code=0):
        """The report; a difference has exit status 1."""
        done = self.run_it("migrate-db", "--data", self.data, "--to", to, "--json", "--verify")
        self.assertEqual(done.code, code, done.out + done.err)
        return json.loads(done.out)

    def n_tenants(self, url):
        return int(psql("SELECT count(*) FROM tenant", url)[0][0])

    def refuse(self, what, *args, code=1):
        self.assertIn(what, self.bad(code, "migrate-db", *args).err)

    def make_schema_only(self):
        """A target where a copy was begun and failed: its tables are there and empty."""
        broken = self.folder / "broken"
        shutil.copytree(SHOP.data, broken)
        with sqlite3.connect(broken / "habitue.db") as db:
            db.execute("INSERT INTO counter VALUES (77, x'00', 'stray', 0, 1)")
        db.close()
        self.refuse("counter has 1 rows that belong to no tenant", "--data", broken, "--to",
                    self.url)
        self.assertEqual(self.n_tenants(self.url), 0)


class ThereAndBack(MoveCase):
    def test_the_shop_has_everything(self):
        self.assertEqual([name for name, rows in SHOP.dump.items() if not rows], [])
        self.assertEqual(len(SHOP.dump), TABLES + 1)

    def test_from_sqlite_over_two_postgres_back_is_the_same(self):
        report = self.move(self.url)
        self.assertTrue(report["same"] and report["copied"])
        rows = {t["name"]: t["target_rows"] for t in report["tables"]}
        self.assertEqual(rows, {name: len(rows) for name, rows in SHOP.dump.items()
                                if name != "schema_migration"})
        self.assertEqual(report["copy_by_hand"], [f"{self.data}/seal.key"])
        second, back = self.databases.url("second"), str(self.folder / "back")
        again = self.move(second, source=("--database", self.url, "--data", self.data))
        last = self.move(back, source=("--database", second, "--data", self.data))
        for one in (again, last):
            self.assertEqual([t["target_sha256"] for t in one["tables"]],
                             [t["source_sha256"] for t in report["tables"]])
            self.assertEqual([c["target_sha256"] for c in one["chains"]],
                             [c["source_sha256"] for c in report["chains"]])
        self.assertEqual(dump(back), SHOP.dump)
        self.assertEqual(dump(self.data), SHOP.dump)  # as it was
        shutil.copy(f"{self.data}/seal.key", back)
        for place in (("--database", self.url, "--data", self.data), ("--data", back)):
            audit = json.loads(self.good("audit", "--json", *place).out)
            self.assertTrue(audit["ok"])
            self.assertGreater(audit["checked"]["seals"], 0)

    def test_a_human_is_told_what_to_do_next(self):
        said = self.good("migrate-db", "--data", self.data, "--to", self.url).out
        self.assertIn(f"{self.data}/seal.key", said)
        self.assertRegex(said, r"ledger_entry +[\d,]+ +[\d,]+  [0-9a-f]{12}  same")
        self.assertRegex(said, r"ledger heads +[\d,]+ +[\d,]+  [0-9a-f]{12}  same")
        self.assertNotIn("DIFFERENT", said)
        self.assertIn("Both are the same", self.good("migrate-db", "--data", self.data, "--to",
                                                     self.url, "--verify").out)


class GoesOn(MoveCase):
    def goes_on(self, *place):
        with Api(self.env, SHOP.key, *place) as api:
            self.assertEqual(SHOP.read(api), SHOP.pages)
            status, content, replayed = api.ask(
                "POST", "/v1/redemptions", {**REDEEM, "member_id": SHOP.member},
                **{"Idempotency-Key": "till-1"})
            self.assertEqual((status, content, replayed), (201, SHOP.reply[1], True))
            before = api.good("GET", f"/v1/members/{SHOP.member}/balances")["balances"]
            self.assertEqual(api.ask("POST", "/v1/events", order("o-1", 9000))[0], 200)
            api.good("POST", "/v1/events", order("o-2", 1000))
            after = api.good("GET", f"/v1/members/{SHOP.member}/balances")["balances"]
            self.assertEqual(after["points"]["available"],
                             before["points"]["available"] + 20 * 20)
        self.good("audit", *place)

    def test_on_postgres(self):
        self.move(self.url)
        self.goes_on("--database", self.url, "--data", self.data)

    def test_in_another_folder(self):
        other = str(self.folder / "other")
        self.move(other)
        shutil.copy(f"{self.data}/seal.key", other)
        self.goes_on("--data", other)


class Refused(MoveCase):
    def test_targets(self):
        self.refuse("--to postgres://", "--data", self.data, code=2)
        self.refuse("--to postgres://", "--data", self.data, "--to", "mysql://x", code=2)
        self.refuse("both source and target", "--data", self.data, "--to", self.data + "/.", code=2)
        self.refuse("both source and target", "--database", self.url, "--to", self.url, code=2)
        self.refuse("no data", "--data", self.folder / "nothing", "--to", self.url)
        self.refuse("no data", "--database", self.url, "--to", self.folder / "b")
        self.refuse("no data", "--data", self.data, "--to", self.url, "--verify")

    def test_what_is_there_is_not_written_over(self):
        other = str(self.folder / "other")
        self.good("init", "--data", other)
        self.good("init", "--database", self.url, "--data", other)
        kept = dump(other)
        self.refuse("data in", "--data", self.data, "--to", other)
        self.refuse("data in", "--data", self.data, "--to", self.url)
        self.assertEqual(dump(other), kept)
        self.assertEqual(self.n_tenants(self.url), 1)

    def test_a_folder_with_a_server_does_not_move(self):
        with Api(self.env, SHOP.key, "--data", self.data):
            self.refuse("server is probably running", "--data", self.data, "--to", self.url)

    def test_servers_on_a_postgres_are_warned_of(self):
        self.move(self.url)
        place = ("--database", self.url, "--data", self.data)
        with Api(self.env, SHOP.key, *place):
            done = self.good("migrate-db", *place, "--to", self.folder / "copy", "--json")
        self.assertIn("stop them before the last copy", done.err)
        report = json.loads(done.out)
        self.assertTrue(report["same"])
        self.assertGreater(report["other_connections"], 0)

    def test_a_password_is_not_shown(self):
        said = self.bad(1, "migrate-db", "--data", self.data, "--to",
                        "postgres://me:secret@127.0.0.1:1/x").err
        self.assertNotIn("secret", said)


class Differs(MoveCase):
    """Somebody changes the target after the copy: found, wherever it is."""

    FLIP = "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)"

    def tampered(self, sql, undo, table):
        psql(sql, self.url)
        report = self.verify(self.url, code=1)
        self.assertFalse(report["same"])
        self.assertIn(table, [t["name"] for t in report["tables"] + report["chains"]
                              if not t["same"]])
        psql(undo, self.url)
        return report

    def test_each_change_is_found(self):
        self.move(self.url)
        self.assertTrue(self.verify(self.url)["same"])
        mine = f"WHERE member_id = decode('{self.hex_of_member()}', 'hex')"
        report = self.tampered(f"UPDATE person SET metadata = metadata || ' ' {mine}",
                               f"UPDATE person SET metadata = rtrim(metadata) {mine}", "person")
        self.assertIn(self.hex_of_member(), report["first_difference"])
        self.assertIn("other content", report["first_difference"])
        self.tampered("UPDATE api_key SET scopes = 'x' WHERE revoked_us IS NOT NULL",
                      "UPDATE api_key SET scopes = 'members:read' WHERE revoked_us IS NOT NULL",
                      "api_key")
        self.tampered("UPDATE setting SET value = value || 'x'",
                      "UPDATE setting SET value = left(value, -1)", "setting")
        self.tampered("INSERT INTO counter VALUES (5, ''::bytea, 'stray', 0, 1)",
                      "DELETE FROM counter WHERE name = 'stray'", "counter")
        self.tampered("INSERT INTO tenant VALUES (9, 'nine', 0)",
                      "DELETE FROM tenant WHERE tenant_id = 9", "tenant")
        head = f"UPDATE member_cache SET {self.FLIP} {mine} AND kind = 0"
        self.tampered(head, head, "ledger heads")
        self.assertTrue(self.verify(self.url)["same"])

    def test_what_is_append_only_is_compared_too(self):
        self.move(self.url)
        for table in ("ledger_entry", "audit_entry", "seal", "event", "allocation"):
            psql(f"DROP TRIGGER {table}_append_only ON {table}", self.url)
        entry = f"UPDATE ledger_entry SET {self.FLIP} WHERE seq = 3"
        self.tampered(entry, entry, "ledger_entry")
        self.tampered("UPDATE event SET payload = payload || ' '",
                      "UPDATE event SET payload = rtrim(payload)", "event")
        self.tampered("UPDATE audit_entry SET at_us = at_us + 1",
                      "UPDATE audit_entry SET at_us = at_us - 1", "audit_entry")
        self.tampered("UPDATE seal SET n_rows = n_rows + 1",
                      "UPDATE seal SET n_rows = n_rows - 1", "seal")
        self.assertTrue(self.verify(self.url)["same"])
        psql("DELETE FROM allocation WHERE ctid = (SELECT min(ctid) FROM allocation)", self.url)
        report = self.verify(self.url, code=1)
        self.assertIn("allocation", report["first_difference"])

    @staticmethod
    def hex_of_member():
        row, = [m for m in SHOP.dump["identifier"] if m[1:3] == ("external_id", "ada")]
        return row[3].hex()


class Faults(MoveCase):
    """All or nothing, whatever happens on the way."""

    def test_a_target_that_changes_rows_keeps_nothing(self):
        self.make_schema_only()
        psql("CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
             " 'BEGIN NEW.name := upper(NEW.name); RETURN NEW; END';"
             "CREATE TRIGGER meddle BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION meddle()",
             self.url)
        said = self.bad(1, "migrate-db", "--data", self.data, "--to", self.url)
        self.assertRegex(said.out, r"person .*DIFFERENT")
        self.assertIn("keeps nothing", said.err)
        self.assertEqual(self.n_tenants(self.url), 0)
        psql("DROP TRIGGER meddle ON person", self.url)
        self.assertTrue(self.move(self.url)["same"])

    def test_a_target_that_refuses_rows_keeps_nothing(self):
        self.make_schema_only()
        psql("ALTER TABLE redemption ADD CHECK (status <> 'held')", self.url)
        self.refuse("redemption (target)", "--data", self.data, "--to", self.url)
        self.assertEqual(self.n_tenants(self.url), 0)

    def test_a_copy_that_is_killed_on_its_way_to_postgres_leaves_nothing(self):
        self.make_schema_only()
        schema = self.databases.schemas["first"]
        psql("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
             f" 'BEGIN PERFORM pg_sleep(600), ''{schema}''; RETURN NULL; END';"
             "CREATE TRIGGER wait BEFORE INSERT ON seal FOR EACH STATEMENT"
             " EXECUTE FUNCTION wait()", self.url)
        process = subprocess.Popen([BINARY, "migrate-db", "--data", self.data, "--to", self.url],
                                   env=self.env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        lock = ("FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.wait_event = 'PgSleep'"
                f" AND l.relation = '{schema}.seal'::regclass")
        wait_for(lambda: psql(f"SELECT count(*) {lock}", self.url)[0][0] != "0")
        process.send_signal(signal.SIGKILL)
        process.wait()
        psql(f"SELECT pg_terminate_backend(pid, 30000) {lock}", self.url)
        self.assertEqual(self.n_tenants(self.url), 0)
        psql("DROP TRIGGER wait ON seal", self.url)
        self.assertTrue(self.move(self.url)["same"])

    def test_a_copy_that_is_killed_on_its_way_to_a_folder_is_there_or_not(self):
        self.move(self.url)
        for n in range(8):
            to = str(self.folder / f"killed{n}")
            process = subprocess.Popen([BINARY, "migrate-db", "--database", self.url, "--data",
                                        self.data, "--to", to], env=self.env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for(lambda path=to: os.path.exists(f"{path}/habitue.db"))
            time.sleep(0.04 * n)
            process.send_signal(signal.SIGKILL)
            process.wait()
            again = self.run_it("migrate-db", "--database", self.url, "--data", self.data, "--to",
                                to, "--json")
            if again.code:  # it had been faster than we
                self.assertIn("data in", again.err)
            self.assertEqual(dump(to), SHOP.dump)


if __name__ == "__main__":
    if "TEST_PG" not in os.environ:
        sys.exit(77)
    SHOP = Shop()
    try:
        command.main()
    finally:
        shutil.rmtree(SHOP.folder)
