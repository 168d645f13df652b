#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""distributed_test.py - what "habitue init --distributed" asks of Citus.

Citus is no package of Debian 12, so it cannot be started here.  Functions of its names write down
what they are asked for in a table of the name in which Citus keeps it, and refuse what Citus would
refuse: a table that is handed over already, a foreign key to a table that is not, and triggers
where they were not allowed.

  distributed_test.py BINARY
"""
import os
import re
import subprocess

import command
from command import ROOT, Case

RECORDER = """
CREATE TYPE distribution_type AS ENUM ('hash', 'range', 'append');
CREATE TABLE pg_dist_partition (n serial, logicalrelid regclass, partmethod text, partkey text,
                                beside text);
CREATE FUNCTION write_down(relation regclass, method text, key text, beside text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = relation) THEN
        RAISE 'table % is already distributed', relation;
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation AND contype = 'f' AND
               confrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition)) THEN
        RAISE '% points to a local table', relation;
    END IF;
    IF current_setting('citus.multi_shard_modify_mode', true) IS DISTINCT FROM 'sequential' THEN
        RAISE 'there was a parallel operation in the transaction';
    END IF;
    IF current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on' AND
       EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND NOT tgisinternal) THEN
        RAISE '% has triggers', relation;
    END IF;
    INSERT INTO pg_dist_partition (logicalrelid, partmethod, partkey, beside)
    VALUES (relation, method, key, beside);
END $$;
CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text,
    distribution_type distribution_type DEFAULT 'hash', colocate_with text DEFAULT 'default',
    shard_count int DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT write_down(table_name, 'h', distribution_column, colocate_with) $$;
CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS $$
    SELECT write_down(table_name, 'n', NULL, NULL) $$;
"""
ASKED = "SELECT logicalrelid, partmethod, partkey, beside FROM pg_dist_partition ORDER BY n"
TABLES = ("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
          "AND relkind = 'r'")


class Distributed(Case):
    def setUp(self):
        super().setUp()
        self.schema = f"distributed_{os.getpid()}_{self._testMethodName[5:30]}"
        self.url = f"{os.environ['TEST_PG']}&options=-csearch_path%3D{self.schema}"
        self.sql(f"CREATE SCHEMA {self.schema}")
        self.addCleanup(self.sql, f"DROP SCHEMA {self.schema} CASCADE")

    def sql(self, text):
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url],
                              input=f"SET client_min_messages = error;\n{text};\n", text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [tuple(line.split("|")) for line in done.stdout.splitlines()]

    def args(self, *more):
        return "init", "--data", self.data, "--database", self.url, "--distributed", *more

    def test_every_table_is_handed_over_once_beside_the_first(self):
        self.sql(RECORDER)
        before = {name for name, in self.sql(TABLES)}
        self.assertIn("spread by tenant", self.good(*self.args("--demo")).out)
        asked = self.sql(ASKED)
        self.assertEqual(asked[0], ("tenant", "n", "", ""))
        self.assertEqual(asked[1], ("member", "h", "tenant_id", "none"))
        for name, *how in asked[2:]:
            self.assertEqual(how, ["h", "tenant_id", "member"], name)
        made = {name for name, in self.sql(TABLES)} - before
        self.assertEqual(sorted(name for name, *_ in asked), sorted(made - {"schema_migration"}))
        listed = re.findall(r"^TABLE\((\w+), (?:OWNED|REFERENCE)",
                            (ROOT / "catalog/tables.def").read_text(), re.M)
        self.assertEqual([name for name, *_ in asked], listed)
        self.assertEqual(self.sql("SELECT slug FROM tenant"), [("demo",)])

    def test_a_second_run_changes_nothing(self):
        self.sql(RECORDER)
        self.good(*self.args("--demo"))
        asked = self.sql(ASKED)
        self.assertIn("nothing changed", self.good(*self.args("--demo")).out)
        self.assertEqual(self.sql(ASKED), asked)

    def test_a_database_that_was_not_distributed_can_be(self):
        self.sql(RECORDER)
        self.good("init", "--data", self.data, "--database", self.url, "--demo")
        self.assertEqual(self.sql(ASKED), [])
        self.good(*self.args("--demo"))
        self.assertGreater(len(self.sql(ASKED)), 15)

    def test_without_citus_nothing_is_done_and_what_to_install_is_said(self):
        done = self.bad(1, *self.args("--demo"))
        self.assertIn("CREATE EXTENSION citus", done.err)
        self.assertIn("nothing was changed", done.err)
        self.assertEqual(self.sql(TABLES), [])

    def test_one_table_that_is_refused_takes_all_back(self):
        self.sql(RECORDER + "CREATE FUNCTION no_event() RETURNS trigger LANGUAGE plpgsql AS $$ "
                 "BEGIN RAISE 'no room'; END $$; CREATE TRIGGER no_event BEFORE INSERT ON "
                 "pg_dist_partition FOR EACH ROW WHEN (NEW.logicalrelid::text = 'event') "
                 "EXECUTE FUNCTION no_event()")
        self.bad(1, *self.args("--demo"))
        self.assertEqual(self.sql(ASKED), [])
        self.assertEqual(self.sql("SELECT slug FROM tenant"), [])
        self.sql("DROP TRIGGER no_event ON pg_dist_partition")
        self.good(*self.args("--demo"))

    def test_sqlite_is_one_file(self):
        self.assertIn("--database", self.bad(2, "init", "--data", self.data, "--distributed").err)
        self.assertFalse(os.path.exists(self.data))


if __name__ == "__main__":
    command.main()
