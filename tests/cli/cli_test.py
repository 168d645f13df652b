#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cli_test.py - every command with good and with bad input.

  cli_test.py BINARY            all
  cli_test.py BINARY --update   writes tests/cli/golden/ afresh
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import command
from command import BINARY, POSTGRES, TEMPLATES, Case, stop

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"


def commands():
    said = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z-]+(?: [a-z-]+)?) {2,}\S", said, re.M)


def help_of(words):
    done = subprocess.run([BINARY, *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


class Help(Case):
    def test_help_texts_are_the_golden_ones(self):
        texts = {"help": help_of([])}
        texts |= {name.replace(" ", "-"): help_of(name.split()) for name in commands()}
        self.assertGreater(len(texts), 15)
        for name, text in texts.items():
            golden = GOLDEN / f"{name}.txt"
            self.assertEqual(text, golden.read_text(), f"{name}: run with --update and look")
        self.assertEqual({f.stem for f in GOLDEN.glob("*.txt")}, set(texts))

    def test_help_fits_a_terminal(self):
        for name in commands():
            for line in help_of(name.split()).splitlines():
                self.assertLessEqual(len(line), 120, line)

    def test_help_comes_before_everything_else(self):
        self.assertIn("habitue key create [", self.good("help", "key", "create").out)
        self.assertIn("key revoke", self.good("key", "--help").out)
        self.assertIn("habitue serve", self.good("serve", "--help", "--data", "/nowhere").out)

    def test_no_command_is_a_mistake(self):
        self.assertIn("Usage", self.bad(2).err)

    def test_a_misspelt_command_is_guessed(self):
        self.assertIn("did you mean 'apply'", self.bad(2, "aply").err)
        self.assertIn("key create", self.bad(2, "key", "creat").err)
        self.assertIn("'habitue --help'", self.bad(2, "frobnicate").err)

    def test_a_misspelt_option_is_guessed(self):
        self.assertIn("did you mean --listen", self.bad(2, "serve", "--lisen", "x").err)
        self.assertIn("no option", self.bad(2, "version", "--frobnicate").err)
        self.assertIn("needs a value", self.bad(2, "version", "--data").err)

    def test_arguments_are_counted(self):
        self.assertIn("usage", self.bad(2, "plan").err)
        self.assertIn("usage", self.bad(2, "plan", "a", "b").err)
        self.assertIn("usage", self.bad(2, "import", "orders").err)


class Settings(Case):
    def config(self, *args, **more):
        said = self.good("config", *args, **more).out
        return {m[1]: (m[2].strip(), m[3])
                for m in re.finditer(r"^(\S+) += (.*?) *# (\w+)$", said, re.M)}

    def test_flags_win_over_environment_over_file_over_default(self):
        file = self.write("x.ini", "readers = 3\nbatch-max = 10\nqueue-max = 20\n; a comment\n")
        env = {"HABITUE_BATCH_MAX": "11", "HABITUE_QUEUE_MAX": "21", "HABITUE_CONFIG": file}
        known = self.config("--queue-max", "22", env=env)
        self.assertEqual(known["cache-mib"], ("256", "default"))
        self.assertEqual(known["readers"], ("3", "file"))
        self.assertEqual(known["batch-max"], ("11", "environment"))
        self.assertEqual(known["queue-max"], ("22", "flag"))

    def test_the_file_in_the_data_folder_is_found(self):
        self.init()
        self.write("data/habitue.ini", "readers = 5\n")
        self.assertEqual(self.config("--data", self.data)["readers"], ("5", "file"))
        self.assertEqual(self.config(env={"HABITUE_DATA": self.data})["readers"], ("5", "file"))

    def test_unknown_names_are_refused_with_a_guess(self):
        file = self.write("x.ini", "lsten = 1\n")
        said = self.bad(2, "config", "--config", file).err
        self.assertIn("x.ini", said)
        self.assertIn("did you mean 'listen'", said)
        self.assertIn("did you mean 'readers'",
                      self.bad(2, "config", env={"HABITUE_READRS": "1"}).err)

    def test_values_out_of_range_are_refused(self):
        for value in ("0", "17", "x", "1e1", "", "99999999999999999999"):
            self.assertIn("from 1 to 16", self.bad(2, "config", "--readers", value).err)
        self.assertIn("true or false",
                      self.bad(2, "config", env={"HABITUE_ACCESS_LOG": "perhaps"}).err)

    def test_a_broken_file_names_its_line(self):
        self.assertIn("line 2", self.bad(2, "config", "--config",
                                         self.write("x.ini", "readers=1\nnonsense\n")).err)
        self.assertIn("[server]", self.bad(2, "config", "--config",
                                           self.write("y.ini", "[server]\nreaders=1\n")).err)
        self.assertIn("cannot be read", self.bad(2, "config", "--config", "/nowhere.ini").err)


class About(Case):
    def test_version(self):
        self.assertRegex(self.good("version").out, r"^habitue \d+\.\d+\.\d+\n$")
        self.assertEqual(self.good("--version").out, self.good("version").out)
        self.assertEqual(json.loads(self.good("version", "--json").out)["name"], "habitue")

    def test_schema_is_json(self):
        self.assertIn("json-schema.org", json.loads(self.good("schema").out)["$schema"])

    def complete(self, *words):
        script = self.good("completion", "bash").out
        array = " ".join(f"'{w}'" for w in words)
        asked = subprocess.run(
            ["bash", "-c", f"{script}\nCOMP_WORDS=({array})\nCOMP_CWORD={len(words) - 1}\n"
             '_habitue; printf "%s\\n" "${COMPREPLY[@]}"'],
            capture_output=True, text=True, cwd=self.folder)
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))
        return asked.stdout.split()

    def test_completion_of_bash(self):
        self.assertEqual(self.complete("habitue", "im"), ["import"])
        self.assertEqual(self.complete("habitue", "key", ""), ["create", "list", "revoke"])
        self.assertEqual(self.complete("habitue", "import", "orders", "--ma"), ["--mapping"])
        self.assertEqual(self.complete("habitue", "init", "--de"), ["--demo"])
        self.assertIn("--scopes", self.complete("habitue", "key", "create", "--"))
        self.write("orders.csv", "")
        self.assertEqual(self.complete("habitue", "import", "orders", "ord"), ["orders.csv"])
        first = self.complete("habitue", "")
        self.assertEqual(len(first), len(set(first)))

    def test_completion_of_other_shells(self):
        self.assertIn("bashcompinit", self.good("completion", "zsh").out)
        self.assertIn("bash and for zsh", self.bad(2, "completion", "fish").err)


class Init(Case):
    def test_twice_changes_nothing(self):
        self.init("--demo")
        self.assertIn("already", self.good("init", "--data", self.data, "--demo").out)

    def test_tenants_and_templates(self):
        self.assertIn("cafe", self.bad(2, "init", "--data", self.data, "--template", "zoo").err)
        self.assertIn("lower-case", self.bad(2, "init", "--data", self.data, "--tenant", "A b").err)
        for file in sorted(TEMPLATES.glob("*.json")):
            if "currencies" in json.loads(file.read_text()):
                self.init("--template", file.stem, "--tenant", file.stem)

    def test_a_folder_that_cannot_be_made(self):
        self.write("file", "x")
        self.bad(1, "init", "--data", self.folder / "file")

    def test_without_init_every_command_says_what_to_do(self):
        for args in (["serve"], ["key", "list"], ["audit"], ["demo"]):
            self.assertIn("habitue init", self.bad(1, *args, "--data", self.data).err)
        self.assertIn("no data", self.bad(1, "migrate", "--data", self.data).err)

    def test_an_unknown_tenant_is_named(self):
        self.init()
        self.assertIn("'nobody'", self.bad(1, "key", "list", "--data", self.data, "--tenant",
                                           "nobody").err)


class Programme(Case):
    def test_plan_and_apply(self):
        self.init("--demo")
        cafe = TEMPLATES / "cafe.json"
        self.assertIn("No changes", self.good("plan", "--data", self.data, cafe).out)
        text = cafe.read_text().replace('"units": 10', '"units": 20')
        self.assertNotEqual(text, cafe.read_text())
        changed = self.write("changed.json", text)
        plan = self.good("plan", "--data", self.data, changed).out
        self.assertRegex(plan, r"~ /rules/\S+ ")
        as_json = json.loads(self.good("plan", "--data", self.data, "--json", changed).out)
        self.assertEqual(as_json["current_version"], 1)
        self.assertTrue(as_json["changes"])
        self.assertIn("Version 2", self.good("apply", "--data", self.data, changed, "--note",
                                             "twice").out)
        self.assertIn("Version 2", self.good("apply", "--data", self.data, "-",
                                             stdin=text.encode()).out)

    def test_a_bad_document_is_refused_with_pointers(self):
        self.init("--demo")
        text = (TEMPLATES / "cafe.json").read_text().replace('"currencies"', '"curencies"')
        bad = self.write("bad.json", text)
        for name in ("plan", "apply"):
            said = self.bad(1, name, "--data", self.data, bad).err
            self.assertIn("/curencies", said)
            self.assertIn("currencies", said)
        self.bad(1, "plan", "--data", self.data, self.write("x.json", "{"))
        self.bad(1, "plan", "--data", self.data, "/nowhere.json")
        self.bad(1, "plan", "--data", self.data, self.write("big.json", b" " * (2 << 20)))


class Keys(Case):
    def test_create_list_revoke(self):
        self.init()
        key = self.good("key", "create", "--data", self.data, "--scopes", "all", "--name", "till")
        self.assertRegex(key.out, r"^hb_\w+\n$")
        listed = json.loads(self.good("key", "list", "--data", self.data, "--json").out)
        self.assertEqual([(k["name"], k["revoked"]) for k in listed], [("till", False)])
        self.assertNotIn(key.out.strip(), json.dumps(listed))
        self.good("key", "revoke", "--data", self.data, listed[0]["id"])
        self.assertIn("revoked", self.good("key", "list", "--data", self.data).out)
        self.bad(1, "key", "revoke", "--data", self.data, "99")

    def test_bad_input(self):
        self.init()
        self.assertIn("--scopes", self.bad(2, "key", "create", "--data", self.data).err)
        self.assertIn("members:read", self.bad(2, "key", "create", "--data", self.data, "--scopes",
                                               "everything").err)
        self.bad(2, "key", "create", "--data", self.data, "--scopes", "all", "--expires", "soon")
        self.bad(2, "key", "revoke", "--data", self.data, "x")


class Serving(Case):
    @unittest.skipIf(POSTGRES, "servers share a database")
    def test_one_folder_has_one_server(self):
        self.init("--demo")
        process, _ = self.serve()
        for args in (["serve", "--listen", "127.0.0.1:0"], ["key", "create", "--scopes", "all"],
                     ["init"], ["demo"]):
            said = self.bad(1, *args, "--data", self.data).err
            self.assertIn("server is probably running", said)
        # what only looks may look
        self.good("audit", "--data", self.data)
        self.good("key", "list", "--data", self.data)
        self.good("plan", "--data", self.data, TEMPLATES / "cafe.json")
        self.good("migrate", "--status", "--data", self.data)
        self.assertEqual(stop(process), 0)
        self.good("key", "create", "--scopes", "all", "--data", self.data)

    @unittest.skipUnless(POSTGRES, "a folder has one server")
    def test_commands_work_beside_a_server(self):
        self.init("--demo")
        process, _ = self.serve()
        self.good("key", "create", "--data", self.data, "--scopes", "all")
        self.assertIn("already", self.good("init", "--data", self.data).out)
        self.assertRegex(self.good("demo", "--data", self.data).out, r"\d+ members, \d+ orders")
        self.good("plan", "--data", self.data, TEMPLATES / "cafe.json")
        self.good("migrate", "--data", self.data)
        self.good("audit", "--data", self.data)
        self.assertEqual(stop(process), 0)

    def test_an_address_in_use_is_named(self):
        self.init()
        _, port = self.serve()
        other = str(self.folder / "other")
        self.good("init", "--data", other)
        said = self.bad(1, "serve", "--data", other, "--listen", f"127.0.0.1:{port}").err
        self.assertIn(f"127.0.0.1:{port}", said)
        self.bad(1, "serve", "--data", other, "--listen", "nonsense")


class Audit(Case):
    def test_an_empty_business_keeps_the_laws(self):
        self.init("--demo")
        report = json.loads(self.good("audit", "--data", self.data, "--json").out)
        self.assertTrue(report["ok"])
        self.assertEqual(report["findings"], [])

    def test_demo_history_keeps_the_laws(self):
        self.init("--demo")
        self.assertRegex(self.good("demo", "--data", self.data).out, r"\d+ members, \d+ orders")
        self.assertIn("already", self.good("demo", "--data", self.data).out)
        report = json.loads(self.good("audit", "--data", self.data, "--json").out)
        points, = report["currencies"].values()
        self.assertGreater(points["issued"], 10000)
        self.assertGreater(points["redeemed"], 0)
        self.assertEqual(points["outstanding"],
                         points["issued"] - points["redeemed"] - points["expired"]
                         - points["reversed"] + points["adjusted"])

    def test_the_report_speaks_french(self):
        self.init()
        self.assertNotEqual(self.good("audit", "--data", self.data, "--language", "fr").out,
                            self.good("audit", "--data", self.data).out)
        self.assertIn("en or fr", self.bad(2, "audit", "--data", self.data, "--language", "x").err)


class Eval(Case):
    def test_values_and_types(self):
        said = self.good("eval", "1 + 2 * 3").out
        self.assertRegex(said, r"type +int\n")
        self.assertRegex(said, r"value +7\n")
        self.assertIn("--vars", self.good("eval", "order.paid > 5").out)

    def test_mistakes_have_a_caret(self):
        said = self.bad(1, "eval", "order.payd > 5").err
        self.assertIn("did you mean 'paid'", said)
        self.assertIn("^^^^", said)
        self.bad(1, "eval", "1 +")
        self.bad(1, "eval", "1 / 0")

    def test_variables_and_trace(self):
        schema = self.write("s.json", '{"variables":{"a":"int","b":"bool"}}')
        values = self.write("v.json", '{"a":4,"b":true}')
        said = self.good("eval", "a > 3 && b", "--schema", schema, "--vars", values, "--trace").out
        self.assertRegex(said, r"(?m)^  a > 3 +true$")
        as_json = json.loads(self.good("eval", "a + 1", "--schema", schema, "--vars", values,
                                       "--json").out)
        self.assertEqual((as_json["value"], as_json["type"]), (5, "int"))
        self.bad(1, "eval", "a", "--schema", schema, "--vars", self.write("e.json", ""))
        self.bad(1, "eval", "a", "--schema", self.write("t.json", '{"variables":{"a":"zoo"}}'))
        self.bad(1, "eval", "a", "--vars", "/nowhere")


class Migrate(Case):
    def test_status(self):
        self.init()
        self.assertIn("up to date", self.good("migrate", "--status", "--data", self.data).out)
        self.assertIn("up to date", self.good("migrate", "--data", self.data).out)


def update():
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    (GOLDEN / "help.txt").write_text(help_of([]))
    for name in commands():
        (GOLDEN / f"{name.replace(' ', '-')}.txt").write_text(help_of(name.split()))


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        command.main()
