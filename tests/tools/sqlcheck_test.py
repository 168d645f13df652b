# SPDX-License-Identifier: Apache-2.0
"""Laws of tools/sqlcheck.c: it accepts the sample and finds each way to break a promise."""
import os
import pathlib
import subprocess
import unittest

from helper import ROOT, FolderTest

SAMPLE = ROOT / "tests/store/sample"
TABLE = (SAMPLE / "migrations/0001_thing.sql").read_text()


class SqlcheckTest(FolderTest):
    def check(self, sql, migrations):
        """What sqlcheck says of these statements, on a database of its own."""
        out = self.folder / "gen/store"
        out.mkdir(parents=True)
        subprocess.run([ROOT / "tools/sqlgen.py", sql, migrations, out], check=True)
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq", "sqlite3"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.split()
        # Only the table is needed: what the inline wrappers would call is left out.
        subprocess.run(["cc", "-std=gnu17", "-O1", f"-I{self.folder}/gen", f"-I{ROOT}/src",
                        f"-I{ROOT}/catalog", ROOT / "tools/sqlcheck.c", out / "sql_gen.c",
                        "-o", self.folder / "sqlcheck", *flags], check=True)
        url = os.environ["TEST_PG"]
        name = f"sqlcheck_{os.getpid()}"
        for command in f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}":
            subprocess.run(["psql", "-q", url, "-c", command], check=True,
                           stderr=subprocess.DEVNULL)
        done = subprocess.run([self.folder / "sqlcheck", url.replace("/postgres?", f"/{name}?")],
                              stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1 if done.stdout else 0)
        return done.stdout

    def test_the_sample_keeps_its_promises(self):
        self.assertEqual(self.check(SAMPLE / "sql", SAMPLE / "migrations"), "")

    def test_each_broken_promise_is_told(self):
        self.put("migrations/0001_thing.sql", TABLE)
        broken = {
            "no_table": ("(none)", "(none)", "none", "DELETE FROM things WHERE tenant_id = 1"),
            "no_tenant": ("thing_id:id", "name:text", "many",
                          "SELECT name FROM thing WHERE thing_id = :thing_id"),
            "other_name": ("tenant_id:i64 thing_id:id", "title:text", "one",
                           "SELECT name FROM thing WHERE tenant_id = :tenant_id "
                           "AND thing_id = :thing_id"),
            "other_type": ("tenant_id:i64", "name:blob", "many",
                           "SELECT name FROM thing WHERE tenant_id = :tenant_id"),
            "too_many": ("tenant_id:i64", "name:text", "many",
                         "SELECT name, digest FROM thing WHERE tenant_id = :tenant_id"),
            "is_null": ("tenant_id:i64", "note:text", "many",
                        "SELECT note FROM thing WHERE tenant_id = :tenant_id"),
            "not_cast": ("tenant_id:i64", "total:i64?", "one",
                         "SELECT SUM(rank) AS total FROM thing WHERE tenant_id = :tenant_id"),
            "scans": ("tenant_id:i64", "rank:i64?", "many",
                      "SELECT t.rank FROM thing AS t WHERE t.tenant_id + 0 = :tenant_id"),
        }
        for name, (ins, outs, rows, sql) in broken.items():
            self.put(f"sql/x/{name}.sql", f"-- {name}: x.\n-- in: {ins}\n-- out: {outs}\n"
                                          f"-- rows: {rows}\n{sql}")
        said = self.check(self.folder / "sql", self.folder / "migrations").splitlines()
        for part in ("no_table (sqlite): no such table", "no_table (postgres): ERROR",
                     "no_tenant (sqlite): names no tenant_id", "no_tenant (sqlite): reads a whole",
                     "no_tenant (postgres): names no tenant_id",
                     "other_name (sqlite): column 1 is name, not title",
                     "other_name (postgres): column 1 is name, not title",
                     "other_type (sqlite): name is TEXT, not BLOB",
                     "other_type (postgres): name has type 25, not 17",
                     "too_many (sqlite): gives 2", "too_many (postgres): gives 2",
                     "is_null (sqlite): note may be NULL",
                     "not_cast (postgres): total has type 1700", "scans (sqlite): reads a whole"):
            self.assertTrue([line for line in said if line.startswith(part)], (part, said))

    def test_a_batch_text_has_to_prepare_too(self):
        self.put("migrations/0001_thing.sql", TABLE)
        # An aggregate of nothing but a parameter: in a batch it would be one over the parameters.
        for name, column in ("good_list", "rank"), ("bad_list", "MAX(:least) AS rank"):
            self.put(f"sql/x/{name}.sql",
                     f"-- {name}: x.\n-- in: tenant_id:i64 least:i64\n-- out: rank:i64?\n"
                     f"-- rows: many\n-- batch: read\nSELECT {column} FROM thing "
                     "WHERE tenant_id = :tenant_id AND rank >= :least")
        said = self.check(self.folder / "sql", self.folder / "migrations")
        self.assertTrue(said.startswith("bad_list (postgres, batch): ERROR"), said)
        self.assertNotIn("good_list", said)

    def test_a_maintenance_line_excuses_from_tenant_and_plan_only(self):
        self.put("migrations/0001_thing.sql", TABLE)
        self.put("sql/x/x_list.sql", "-- x_list: x.\n-- in: (none)\n-- out: rank:i64\n-- rows: many"
                                     "\n-- maintenance: why\nSELECT rank FROM thing")
        said = self.check(self.folder / "sql", self.folder / "migrations")
        self.assertEqual(said, "x_list (sqlite): rank may be NULL\n")


if __name__ == "__main__":
    unittest.main()
