# SPDX-License-Identifier: Apache-2.0
"""Laws of tools/sqlgen.py: what it refuses, and what it makes of dialects and migrations.

That its C compiles and moves values is tested in tests/store/sql_test.c.
"""
import unittest

from helper import FolderTest
import sqlgen

GOOD = """-- thing_get: one thing.
-- in:  tenant_id:i64 name:text
-- out: note:text?
-- rows: one
SELECT note FROM thing WHERE tenant_id = :tenant_id AND name = :name;
"""


class StatementTest(FolderTest):
    def statement(self, text=GOOD, name="thing/thing_get.sql"):
        self.put(name, text)
        return sqlgen.read_statements(self.folder)[0]

    def refused(self, why, text, name="thing/thing_get.sql"):
        with self.assertRaisesRegex(sqlgen.ContractError, why):
            self.statement(text, name)

    def test_placeholders_follow_the_order_of_the_contract(self):
        s = self.statement(GOOD.replace("tenant_id:i64 name:text", "name:text tenant_id:i64"))
        self.assertEqual(s.texts[0], "SELECT note FROM thing WHERE tenant_id = ?2 AND name = ?1")
        self.assertEqual(s.texts[1], "SELECT note FROM thing WHERE tenant_id = $2 AND name = $1")

    def test_a_parameter_used_twice_is_one_placeholder(self):
        s = self.statement(GOOD.replace("= :name", "= :name OR note = :name"))
        self.assertEqual(s.texts[1].count("$2"), 2)

    def test_quotes_comments_and_casts_are_left_alone(self):
        s = self.statement(GOOD.replace("= :name;", """= :name AND note <> 'a  :b ''? ;' -- :no
            /* :neither; */ AND "note" = ''::text"""))
        self.assertTrue(s.texts[0].endswith("""note <> 'a  :b ''? ;' AND "note" = ''::text"""))

    def test_a_contract_goes_on_in_the_next_line(self):
        s = self.statement(GOOD.replace(" name:text", "\n--      name:text"))
        self.assertEqual([f.name for f in s.ins], ["tenant_id", "name"])

    def test_a_twin_replaces_the_text_of_its_dialect_only(self):
        self.put("thing/thing_get.pg.sql", "-- why it differs\nSELECT note FROM ONLY thing "
                 "WHERE tenant_id = :tenant_id AND name = :name")
        s = self.statement()
        self.assertIn("ONLY", s.texts[1])
        self.assertNotIn("ONLY", s.texts[0])

    def test_a_twin_says_why_it_differs(self):
        self.put("thing/thing_get.pg.sql", "SELECT 1")
        self.refused("does not say in a comment why", GOOD)

    def test_a_twin_uses_every_parameter_too(self):
        self.put("thing/thing_get.pg.sql", "-- why\nSELECT note FROM thing WHERE name = :name")
        self.refused(r"declared but not used \(pg\): tenant_id", GOOD)

    def test_a_twin_needs_the_file_with_the_contract(self):
        self.refused("no dialect twin", GOOD, name="thing/thing_get.pg.sql")

    def test_what_does_not_agree_is_refused(self):
        cases = {
            "not '-- name": GOOD.replace("-- thing_get: one", "-- one"),
            "the first line names": GOOD.replace("thing_get", "thing_take"),
            "lacks rows": GOOD.replace("-- rows: one\n", ""),
            "rows is 'two'": GOOD.replace("rows: one", "rows: two"),
            "stands twice": GOOD.replace("name:text", "tenant_id:i64"),
            "in stands twice": GOOD.replace("-- rows", "-- in: (none)\n-- rows"),
            "is not name:type": GOOD.replace("name:text", "name:varchar"),
            "not declared in 'in'": GOOD.replace("= :name", "= :nam"),
            "declared but not used": GOOD.replace("AND name = :name", ""),
            "not \\?1": GOOD.replace(":name;", "?1;"),
            "not \\$1": GOOD.replace(":name;", "$1;"),
            "more than one statement": GOOD + "SELECT 1",
            "there is no statement": GOOD[:GOOD.index("SELECT")].replace(
                "tenant_id:i64 name:text", "(none)"),
            "have columns in out": GOOD.replace("note:text?", "(none)"),
            "none and changed have none": GOOD.replace("rows: one", "rows: changed"),
        }
        for why, text in cases.items():
            with self.subTest(why):
                self.refused(why, text)

    def test_a_has_twin_may_not_collide_with_a_field(self):
        self.refused("stands twice", GOOD.replace("note:text?", "note:i64? has_note:bool"))

    def test_names_are_unique_in_the_whole_tree(self):
        self.put("other/thing_get.sql", GOOD)
        self.refused("has this name too", GOOD)

    def test_all_problems_are_told_at_once(self):
        self.put("a/a_get.sql", "SELECT 1")
        self.put("b/b_get.sql", "SELECT 1")
        with self.assertRaisesRegex(sqlgen.ContractError, r"a_get[^\0]*b_get"):
            sqlgen.read_statements(self.folder)

    def test_a_list_form_is_named_once(self):
        many = GOOD.replace("rows: one", "rows: many")
        self.assertEqual(self.statement(many).function, "sql_thing_get_list")
        named = many.replace("thing_get", "thing_list")
        self.assertEqual(self.statement(named, "x/thing_list.sql").function, "sql_thing_get_list")
        found = {s.name: s.function for s in sqlgen.read_statements(self.folder)}
        self.assertEqual(found["thing_list"], "sql_thing_list")


PUT = """-- thing_put: one thing.
-- in:  tenant_id:i64 name:text size:i64? flag:bool key:blob owner:id
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO thing (tenant_id, name, kind, size, flag, key, owner)
VALUES (:tenant_id, :name, 'x', :size, :flag, :key, :owner);
"""


class BatchTest(FolderTest):
    """The text for many rows, and what batch and forgets may say."""

    def statement(self, text, name):
        self.put(f"thing/{name}.sql", text)
        return {s.name: s for s in sqlgen.read_statements(self.folder)}[name]

    def refused(self, why, text, name):
        with self.assertRaisesRegex(sqlgen.ContractError, why):
            self.statement(text, name)

    def asked(self, text=GOOD):
        return text.replace("rows: one\n", "rows: one\n-- batch: read\n")

    def test_without_the_line_there_is_no_batch_text(self):
        self.assertIsNone(self.statement(GOOD, "thing_get").batch_text)

    def test_rows_to_insert_come_from_arrays(self):
        self.assertEqual(
            self.statement(PUT, "thing_put").batch_text,
            "INSERT INTO thing (tenant_id, name, kind, size, flag, key, owner) "
            "SELECT $1, u.p2, 'x', u.p3, u.p4, u.p5, u.p6 FROM "
            'unnest($2::text[] COLLATE "C", $3::bigint[], $4::boolean[], $5::bytea[], $6::bytea[]) '
            "AS u(p2, p3, p4, p5, p6)")

    def test_what_is_done_with_rows_that_are_there_is_kept(self):
        update = " ON CONFLICT (name) DO UPDATE SET size = excluded.size"
        s = self.statement(PUT.replace(";\n", update + ";\n"), "thing_put")
        self.assertTrue(s.batch_text.endswith("AS u(p2, p3, p4, p5, p6)" + update))

    def test_a_question_answers_each_row_under_its_number(self):
        self.assertEqual(
            self.statement(self.asked(), "thing_get").batch_text,
            'SELECT u.n, s.* FROM unnest($2::text[] COLLATE "C") WITH ORDINALITY AS u(p2, n) '
            "CROSS JOIN LATERAL (SELECT note FROM thing WHERE tenant_id = $1 AND name = u.p2 "
            "OFFSET 0) AS s")

    def test_a_question_that_locks_needs_no_fence(self):
        self.put("thing/thing_get.pg.sql", "-- others wait\nSELECT note FROM thing "
                 "WHERE tenant_id = :tenant_id AND name = :name FOR UPDATE;")
        s = self.statement(self.asked(), "thing_get")
        self.assertTrue(s.batch_text.endswith("name = u.p2 FOR UPDATE) AS s"))

    def test_a_question_about_the_tenant_alone_is_one_row(self):
        text = self.asked(GOOD.replace(" name:text", "").replace(" AND name = :name", ""))
        self.assertEqual(self.statement(text, "thing_get").batch_text,
                         "SELECT CAST(1 AS BIGINT) AS n, s.* FROM "
                         "(SELECT note FROM thing WHERE tenant_id = $1) AS s")

    def test_a_batch_that_cannot_be_is_refused(self):
        other = PUT.replace("tenant_id:i64 name:text", "name:text tenant_id:i64")
        wheres = "WHERE tenant_id = :tenant_id AND name = :name"
        short = PUT[:PUT.index("INSERT")].replace(" size:i64? flag:bool key:blob owner:id", "")
        then, unmade = ";\n", "a batch of this statement cannot be made"
        kind = "batch is 'read' for a query, a number for rows: none"
        cases = [
            ("in begins with tenant_id", other),
            ("in begins with tenant_id",
             PUT.replace("tenant_id:i64 ", "").replace(":tenant_id", "1")),
            (kind, PUT.replace("batch: 20", "batch: read")),
            (kind, PUT.replace("rows: none", "rows: changed")),
            (kind, self.asked().replace("read", "20").replace("thing_get", "thing_put")),
            ("batch is 'first', neither", PUT.replace("batch: 20", "batch: first")),
            ("batch is '-1', neither", PUT.replace("batch: 20", "batch: -1")),
            (unmade, short + f"DELETE FROM thing {wheres};"),
            (unmade, short + f"UPDATE thing SET size = 1 {wheres};"),
            (unmade, PUT.replace(then, " ON CONFLICT (name) DO UPDATE SET size = :size;")),
            (unmade, PUT.replace(":name,", "lower(:name),")),
            ("that leaves rows out", PUT.replace(then, " ON CONFLICT (name) DO NOTHING;")),
            ("batch stands twice", PUT.replace("-- batch: 20", "-- batch: 20\n-- batch: 20")),
            ("a query forgets nothing", self.asked().replace("thing_get", "thing_put").replace(
                "batch: read", "batch: read\n-- forgets: thing_put")),
        ]
        for why, text in cases:
            with self.subTest(why, text=text):
                self.refused(why, text, "thing_put")

    def test_a_write_forgets_questions_that_its_parameters_name(self):
        forgets = PUT.replace("-- batch: 20", "-- batch: 20\n-- forgets: thing_get")
        self.refused("forgets thing_get, which is no statement with batch: read", forgets,
                     "thing_put")
        self.put("thing/thing_get.sql", GOOD)
        self.refused("forgets thing_get, which is no statement with batch: read", forgets,
                     "thing_put")
        self.put("thing/thing_get.sql", self.asked().replace("name", "title"))
        self.refused("forgets thing_get, whose parameters it does not all have", forgets,
                     "thing_put")
        self.put("thing/thing_get.sql", self.asked().replace("name:text", "name:blob"))
        self.refused("whose parameters it does not all have", forgets, "thing_put")

    def test_what_is_forgotten_is_found_by_the_places_of_its_parameters(self):
        self.put("thing/thing_get.sql", self.asked().replace(
            "name:text", "owner:id name:text").replace("= :name", "= :name AND owner = :owner"))
        s = self.statement(PUT.replace("-- batch: 20", "-- batch: 20\n-- forgets: thing_get"),
                           "thing_put")
        table = sqlgen.forgets_table(s, {q.name: q for q in sqlgen.read_statements(self.folder)})
        self.assertIn("{SQL_THING_GET, {0, 5, 1}},", table)


class MigrationTest(FolderTest):
    def test_tokens_and_twins_make_two_texts(self):
        self.put("0001_a.sql", "CREATE TABLE t (a {{i64}}, b {{blob}}) {{clustered}};\n")
        self.put("0001_a.pg.sql", "COMMENT ON TABLE t IS '';\n")
        [m] = sqlgen.read_migrations(self.folder)
        self.assertEqual(m.texts[0], "CREATE TABLE t (a INTEGER, b BLOB) WITHOUT ROWID, STRICT;\n")
        self.assertEqual(m.texts[1], "CREATE TABLE t (a BIGINT, b BYTEA) ;\n"
                                     "COMMENT ON TABLE t IS '';\n")

    def test_the_checksum_is_that_of_the_expanded_text(self):
        self.put("0001_a.sql", "abc")
        [m] = sqlgen.read_migrations(self.folder)
        self.assertEqual(m.sha256(0), "ba7816bf8f01cfea414140de5dae2223"
                                      "b00361a396177a9cb410ff61f20015ad")

    def test_numbers_leave_no_gap(self):
        self.put("0001_a.sql", "")
        self.put("0003_b.sql", "")
        self.assertRaises(sqlgen.ContractError, sqlgen.read_migrations, self.folder)

    def test_an_unknown_token_is_refused(self):
        self.put("0001_a.sql", "{{uuid}}")
        self.assertRaises(sqlgen.ContractError, sqlgen.read_migrations, self.folder)

    def test_a_dialect_file_alone_is_refused(self):
        self.put("0001_a.pg.sql", "")
        self.assertRaises(sqlgen.ContractError, sqlgen.read_migrations, self.folder)


class WritingTest(FolderTest):
    def test_c_literals_keep_every_character(self):
        text = 'a "b" \\ ??= \n' + "word " * 60
        literal = sqlgen.c_string(text, 0)
        joined = "".join(line[1:-1] for line in literal.split("\n")).replace('?""?', "??")
        plain = joined.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        self.assertEqual(plain, text)

    def test_an_unchanged_file_is_not_touched(self):
        path = self.put("x", "same")
        before = path.stat().st_mtime_ns
        sqlgen.write(path, "same")
        self.assertEqual(path.stat().st_mtime_ns, before)
        sqlgen.write(path, "other")
        self.assertEqual(path.read_text(), "other")


if __name__ == "__main__":
    unittest.main()
