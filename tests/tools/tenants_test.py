# SPDX-License-Identifier: Apache-2.0
"""Laws of tools/guards/tenants.py: a schema and statements that can be spread by tenant pass, and
each way to tie tenants together is found.
"""
import itertools
import os
import subprocess
import unittest

from helper import FolderTest
import tenants

SCHEMA = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NULL; END';
CREATE TABLE shop (tenant_id bigint PRIMARY KEY, slug text UNIQUE);
CREATE TABLE person (tenant_id bigint NOT NULL REFERENCES shop (tenant_id),
    person_id bigint NOT NULL, mail text, value bigint, PRIMARY KEY (tenant_id, person_id),
    UNIQUE (tenant_id, mail));
CREATE TABLE visit (tenant_id bigint NOT NULL, visit_id bigint NOT NULL, person_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, visit_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, person_id));
CREATE INDEX visit_by_person ON visit (tenant_id, person_id);
CREATE TRIGGER visit_stays BEFORE UPDATE ON visit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE VIEW regular AS SELECT tenant_id, person_id FROM person WHERE value > 9;
"""
TABLES = """
TABLE(shop, REFERENCE, "found by name")
TABLE(person, OWNED, NULL)
TABLE(visit, OWNED, NULL)
"""
LIMITS = {"maintenance_statements": 1, "all_tenants_statements": 0}
numbers = itertools.count()


class TenantsTest(FolderTest):
    def url(self):
        """A database of its own, for one check."""
        name = f"tenants_{os.getpid()}_{next(numbers)}"
        subprocess.run(["psql", "-q", os.environ["TEST_PG"], "-c", f"CREATE DATABASE {name}"],
                       check=True)
        return os.environ["TEST_PG"].replace("/postgres?", f"/{name}?")

    def statement(self, name, ins, sql, outs="(none)", rows="none", more=""):
        self.put(f"sql/x/{name}.sql",
                 f"-- {name}: x.\n-- in: {ins}\n-- out: {outs}\n-- rows: {rows}\n{more}{sql}\n")

    def said(self, schema=SCHEMA, tables=TABLES, limits=None):
        (self.folder / "sql").mkdir(exist_ok=True)
        self.put("migrations/0001_a.sql", schema)
        problems, _ = tenants.check(self.url(), self.folder / "sql", self.folder / "migrations",
                                    tenants.places_in(tables), {**LIMITS, **(limits or {})})
        return problems.lines

    def assertFound(self, parts, lines):
        """Each line has its part, and there are no others."""
        self.assertEqual(len(lines), len(parts), lines)
        for part, line in zip(parts, lines):
            self.assertIn(part, line)

    def broken(self, old, new):
        self.assertIn(old, SCHEMA)
        return self.said(SCHEMA.replace(old, new))


class SchemaTest(TenantsTest):
    def test_a_schema_of_tenants_passes(self):
        self.assertEqual(self.said(), [])

    def test_a_primary_key_begins_with_the_tenant(self):
        self.assertFound(["visit: visit_pkey does not begin"],
                         self.broken("PRIMARY KEY (tenant_id, visit_id)",
                                     "PRIMARY KEY (visit_id, tenant_id)"))

    def test_a_unique_key_begins_with_the_tenant(self):
        self.assertFound(["person: person_mail_key does not begin"],
                         self.broken("UNIQUE (tenant_id, mail)", "UNIQUE (mail)"))

    def test_an_index_begins_with_the_tenant(self):
        for columns in "(person_id, tenant_id)", "((tenant_id + 1))":
            with self.subTest(columns):
                self.assertFound(["visit: visit_by_person does not begin"],
                                 self.broken("visit (tenant_id, person_id);", f"visit {columns};"))

    def test_a_foreign_key_joins_the_tenants(self):
        other = SCHEMA.replace("UNIQUE (tenant_id, mail)",
                               "UNIQUE (tenant_id, mail), UNIQUE (tenant_id, value)")
        lines = self.said(other.replace("FOREIGN KEY (tenant_id, person_id) REFERENCES person "
                                        "(tenant_id, person_id)",
                                        "FOREIGN KEY (visit_id, person_id) REFERENCES person "
                                        "(tenant_id, value)"))
        self.assertFound(["does not join tenant_id to tenant_id"], lines)

    def test_a_foreign_key_does_nothing_by_itself(self):
        self.assertFound(["changes rows by itself"],
                         self.broken("person (tenant_id, person_id));",
                                     "person (tenant_id, person_id) ON DELETE CASCADE);"))

    def test_what_is_everywhere_points_to_nothing_that_is_not(self):
        back = SCHEMA + ("ALTER TABLE shop ADD owner bigint, ADD FOREIGN KEY (tenant_id, owner) "
                         "REFERENCES person (tenant_id, person_id);")
        self.assertFound(["comes after shop", "not on every machine"],
                         sorted(self.said(back), key=lambda s: "every machine" in s))

    def test_the_tenant_is_the_first_column_and_known(self):
        for new in "tenant_id int NOT NULL, visit_id", "visit_id":
            with self.subTest(new):
                schema = SCHEMA.replace("visit (tenant_id bigint NOT NULL, visit_id",
                                        f"visit ({new}")
                if new == "visit_id":
                    schema = schema.replace("person_id bigint NOT NULL,\n    PRIMARY",
                                            "person_id bigint NOT NULL, tenant_id bigint NOT NULL,"
                                            "\n    PRIMARY")
                self.assertFound(["visit: tenant_id is not the first column"], self.said(schema))

    def test_no_machine_gives_out_numbers(self):
        self.assertFound(["visit_visit_id_seq"],
                         self.broken("visit_id bigint NOT NULL,", "visit_id bigserial,"))
        identity = self.broken("visit_id bigint NOT NULL,",
                               "visit_id bigint GENERATED ALWAYS AS IDENTITY,")
        self.assertEqual(len(identity), 2, identity)

    def test_a_trigger_looks_at_nothing(self):
        self.assertFound(["the trigger visit_stays calls refuse_all"],
                         self.said(SCHEMA.replace("refuse_change", "refuse_all")))

    def test_the_list_is_that_of_the_database_in_the_order_of_foreign_keys(self):
        person = "TABLE(person, OWNED, NULL)\n"
        self.assertFound(["person comes after visit"],
                         self.said(tables=TABLES.replace(person, "") + person))
        self.assertFound(["does not say where shop lives"],
                         self.said(tables=TABLES.replace('TABLE(shop, REFERENCE, "found by name")',
                                                         "")))
        self.assertFound(["there is no table guest"],
                         self.said(tables=TABLES + "TABLE(guest, OWNED, NULL)\n"))

    def test_what_no_tenant_owns_has_a_reason(self):
        for line in "TABLE(shop, LOCAL, NULL)", 'TABLE(shop, OWNED, "why")':
            with self.subTest(line), self.assertRaises(SystemExit):
                tenants.places_in(line)


class StatementTest(TenantsTest):
    def test_statements_of_one_tenant_pass(self):
        one = "tenant_id:i64 person_id:i64"
        self.statement("put", one, "INSERT INTO person (tenant_id, person_id) VALUES (:tenant_id, "
                       ":person_id) ON CONFLICT (tenant_id, person_id) DO UPDATE SET value = "
                       "person.value + 1")
        self.statement("add", one, "INSERT INTO person (tenant_id, person_id) VALUES (:tenant_id, "
                       ":person_id)", more="-- batch: 1\n")
        self.statement("next", "tenant_id:i64", "INSERT INTO person (tenant_id, person_id) SELECT "
                       ":tenant_id, COALESCE(MAX(person_id), 0) + 1 FROM person "
                       "WHERE tenant_id = :tenant_id")
        self.statement("joined", one, "SELECT COUNT(*) AS n FROM visit v LEFT JOIN person p ON "
                       "p.tenant_id = v.tenant_id AND p.person_id = v.person_id WHERE "
                       "v.tenant_id = :tenant_id AND v.person_id = :person_id "
                       "AND (v.visit_id > 3 OR v.visit_id < 2)", "n:i64", "one")
        self.statement("seen", one, "SELECT person_id FROM regular WHERE tenant_id = :tenant_id "
                       "AND person_id = :person_id", "person_id:i64", "one", "-- batch: read\n")
        self.statement("move", one, "UPDATE visit SET person_id = :person_id WHERE "
                       "tenant_id = :tenant_id")
        self.statement("all", "(none)", "SELECT slug FROM shop", "slug:text", "many",
                       "-- maintenance: why\n")
        self.assertEqual(self.said(), [])

    def test_each_reading_names_the_tenant(self):
        one = "tenant_id:i64 person_id:i64"
        several = {
            "either": "tenant_id = :tenant_id OR person_id = :person_id",
            "not_equal": "tenant_id >= :tenant_id AND person_id = :person_id",
            "other_one": "tenant_id = :person_id AND person_id > :tenant_id",
            "quoted": "mail = '\" AND (person.tenant_id = $101) AND ' AND person_id = :person_id "
                      "AND value = :tenant_id",
        }
        for name, condition in several.items():
            self.statement(name, one, f"SELECT value FROM person WHERE {condition}", "value:i64?",
                           "many")
        self.statement("half", "tenant_id:i64", "SELECT COUNT(*) AS n FROM visit v, person p WHERE "
                       "v.tenant_id = :tenant_id AND p.person_id = v.person_id", "n:i64", "one")
        self.statement("inside", "tenant_id:i64", "SELECT person_id FROM visit WHERE "
                       "tenant_id = :tenant_id AND EXISTS (SELECT 1 FROM person WHERE value = 3)",
                       "person_id:i64", "many")
        self.statement("through", "tenant_id:i64", "SELECT COUNT(*) AS n FROM regular WHERE "
                       "person_id = :tenant_id", "n:i64", "one")
        self.statement("wipe", "tenant_id:i64", "DELETE FROM visit WHERE visit_id = :tenant_id")
        self.assertFound(["either: reads person", "half: reads person", "inside: reads person",
                          "not_equal: reads person", "other_one: reads person",
                          "quoted: reads person", "through: reads person", "wipe: reads visit"],
                         self.said())

    def test_what_a_part_of_the_plan_gives_is_no_parameter(self):
        self.statement("newest", "tenant_id:i64", "SELECT value FROM person WHERE tenant_id = "
                       "(SELECT MAX(tenant_id) FROM shop WHERE tenant_id > :tenant_id)",
                       "value:i64?", "many")
        self.assertFound(["newest: reads person"], self.said())

    def test_a_new_row_is_the_tenants(self):
        ins = "tenant_id:i64 person_id:i64"
        begin = "INSERT INTO person (tenant_id, person_id)"
        self.statement("swapped", ins, f"{begin} VALUES (:person_id, :tenant_id)")
        self.statement("computed", ins, f"{begin} VALUES (:tenant_id + 1, :person_id)")
        self.statement("copied", ins, f"{begin} SELECT tenant_id, :person_id FROM shop WHERE "
                       "tenant_id = :tenant_id")
        self.statement("subquery", ins, f"{begin} VALUES (:tenant_id, (SELECT MAX(person_id) FROM "
                       "person WHERE tenant_id = :tenant_id AND person_id < :person_id))")
        first = "does not give person the parameter tenant_id"
        self.assertFound([f"computed: {first}", f"copied: {first}", "subquery: has a subquery",
                          f"swapped: {first}"], self.said())

    def test_a_row_stays_the_tenants(self):
        self.statement("give", "tenant_id:i64", "UPDATE person SET tenant_id = 3 WHERE "
                       "tenant_id = :tenant_id")
        self.statement("take", "tenant_id:i64 person_id:i64", "INSERT INTO person (tenant_id, "
                       "person_id) VALUES (:tenant_id, :person_id) ON CONFLICT (tenant_id, "
                       "person_id) DO UPDATE SET tenant_id = 4")
        self.assertFound(["give: ERROR:  permission denied", "take: ERROR:  permission denied"],
                         self.said())

    def test_maintenance_is_counted(self):
        for name in "a_list", "b_list":
            self.statement(name, "(none)", "SELECT slug FROM shop", "slug:text", "many",
                           "-- maintenance: why\n")
        self.assertFound(["2 statements, maintenance_statements is 1: a_list, b_list"], self.said())

    def test_reading_all_tenants_is_counted_apart(self):
        self.statement("all_list", "(none)", "SELECT person_id FROM person", "person_id:i64",
                       "many", "-- maintenance: why\n")
        self.assertFound(["1 statements, all_tenants_statements is 0: all_list"], self.said())
        self.assertEqual(self.said(limits={"all_tenants_statements": 1}), [])

    def test_a_maintenance_line_is_for_what_names_no_tenant(self):
        self.statement("mine", "tenant_id:i64", "SELECT mail FROM person WHERE "
                       "tenant_id = :tenant_id", "mail:text?", "many", "-- maintenance: why\n")
        self.statement("theirs", "(none)", "SELECT slug FROM shop", "slug:text", "many")
        self.assertFound(["mine: names a tenant", "theirs: has no parameter tenant_id"],
                         self.said())

    def test_rows_of_a_batch_are_looked_up_one_by_one(self):
        asked = ("tenant_id:i64 mail:text", "SELECT person_id FROM person "
                 "WHERE tenant_id = :tenant_id AND mail = :mail{}", "person_id:i64", "one",
                 "-- batch: read\n")
        self.statement("fenced", asked[0], asked[1].format(""), *asked[2:])
        self.assertEqual(self.said(), [])
        # What locks gets no fence from sqlgen, and this only looks like it.
        self.statement("joined", asked[0], asked[1].format(" AND mail <> ' FOR '"), *asked[2:])
        self.assertFound(["joined: joins the rows of a batch with a whole table"], self.said())

    def test_a_statement_that_does_not_prepare_is_told(self):
        self.statement("wrong", "tenant_id:i64", "DELETE FROM visits WHERE tenant_id = :tenant_id")
        self.assertFound(['wrong: ERROR:  relation "visits"'], self.said())


if __name__ == "__main__":
    unittest.main()
