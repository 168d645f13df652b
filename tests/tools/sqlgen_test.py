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
