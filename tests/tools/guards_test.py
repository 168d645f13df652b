# SPDX-License-Identifier: Apache-2.0
"""Laws of tools/guards/: each guard finds what it is there to find, and only that."""
import contextlib
import io
import subprocess
import unittest

from helper import FolderTest
import banned
import common
import layers
import sizes
import symbols
import tree

HEAD = "// SPDX-License-Identifier: Apache-2.0\n// {0} - x.\n//\n// Layer: base.  Tests: none\n"


class GuardTest(FolderTest):
    """A tree of its own for the guards to look at."""

    def setUp(self):
        super().setUp()
        self.git("init", "-q")
        self.git("config", "user.email", "a@example.org")
        self.git("config", "user.name", "A")
        for name in "layers", "limits", "purity", "banned":
            self.put(f"tools/{name}", (common.ROOT / "tools" / name).read_text())
        self.git("add", "-A")
        self.git("commit", "-qm", "x")
        for module in common, sizes, symbols, tree:
            self.swap(module, "ROOT", self.folder)

    def git(self, *args):
        subprocess.run(["git", "-C", str(self.folder), *args], check=True)

    def swap(self, module, name, value):
        before = getattr(module, name)
        setattr(module, name, value)
        self.addCleanup(setattr, module, name, before)

    def said(self, guard):
        """The lines that a guard prints; it exits 1 exactly when it prints some."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), self.assertRaises(SystemExit) as end:
            guard.main()
        lines = out.getvalue().splitlines()
        self.assertEqual(end.exception.code, 1 if lines else 0)
        return lines

    def assertSaid(self, guard, *parts):
        lines = self.said(guard)
        self.assertEqual(len(lines), len(parts), lines)
        for line, part in zip(lines, parts):
            self.assertIn(part, line)


class LayersTest(GuardTest):
    def test_allowed_includes_pass(self):
        self.put("src/engine/a.c", '#include "base/arena.h"\n#include "engine/b.h"\n'
                                   '#include "errors.def"\n#include <string.h>\n')
        self.put("src/store/db_sqlite.c", "#include <sqlite3.h>\n")
        self.assertSaid(layers)

    def test_looking_upwards_is_refused(self):
        self.put("src/base/a.c", '#include "engine/lots.h"\n')
        self.put("src/engine/a.c", '#include "store/store.h"\n')
        self.put("src/flow/a.c", '#include "store/db.h"\n')
        self.assertSaid(layers, 'src/base/a.c:1: base may not include "engine/lots.h"',
                        "engine may not include", "flow may not include")

    def test_foreign_headers_have_one_home(self):
        self.put("src/api/router.c", "#include <microhttpd.h>\n")
        self.put("src/engine/a.c", "#include <stdlib.h>\n\n#include <unistd.h>\n")
        self.put("src/engine/b.c", "#include <time.h>\n")
        self.assertSaid(layers, "<microhttpd.h>", "src/engine/a.c:3", "<time.h>")

    def test_includes_are_written_from_src(self):
        self.put("src/base/a.c", '#include "arena.h"\n')
        self.assertSaid(layers, "from src/")

    def test_an_unknown_layer_is_refused(self):
        self.put("src/extra/a.c", '#include "base/arena.h"\n')
        self.assertSaid(layers, "no layer 'extra'")


class SizesTest(GuardTest):
    def body(self, lines):
        return "void f(void)\n{\n" + "    g();\n" * lines + "}\n"

    def test_what_is_within_the_limits_passes(self):
        self.put("src/base/a.c", self.body(67))
        self.assertSaid(sizes)

    def test_long_files_functions_and_lines(self):
        self.put("src/base/a.c", self.body(69))
        self.put("src/base/b.h", "int x;\n" * 301)
        self.put("src/base/c.c", "// " + "x" * 98 + "\n" + "int x;\n" * 800)
        self.assertSaid(sizes, "src/base/b.h: 301 lines", "src/base/c.c:1: 101 columns",
                        "src/base/c.c: 801 lines", "f has 71 lines")

    def test_handlers_are_shorter(self):
        text = self.body(60).replace("f(void)", "f(struct request *req)")
        self.put("src/api/a.c", text)
        self.put("src/flow/a.c", text)
        self.assertSaid(sizes, "src/api/a.c:1: f has 62 lines, too many for a handler")

    def test_parameters_are_counted_not_their_commas(self):
        seven = "int a, int b, int c, int d, int e, int f, void (*g)(int, int)"
        self.put("src/base/a.c", f"void f({seven})\n{{\n}}\n\nvoid g({seven}, int h)\n{{\n}}\n")
        self.assertSaid(sizes, "src/base/a.c:5: g has 8 parameters")

    def test_nesting_counts_blocks_not_initialisers(self):
        deep = ("void f(void)\n{\n" + "if (a) {\n" * 4 + "struct s x = {{{1}}};\n"
                "g((struct s){{1}});\nreturn (struct s){.a = {2}};\n" + " }\n" * 4 + "\n}\n")
        self.put("src/base/a.c", deep)
        self.put("src/base/b.c", deep.replace("return", "for (;;) {\n }\nreturn"))
        self.assertSaid(sizes, "src/base/b.c:1: f nests 5 deep")

    def test_complexity_is_pmccabes(self):
        self.put("src/base/a.c", "void f(int a)\n{\n" + "    if (a)\n        g();\n" * 15 + "}\n")
        self.put("src/base/b.c", "void f(int a)\n{\n" + "    if (a)\n        g();\n" * 14 + "}\n")
        self.assertSaid(sizes, "src/base/a.c:1: f has complexity 16")

    def test_braces_in_text_and_comments_do_not_count(self):
        self.put("src/base/a.c", 'void f(void)\n{\n    g("{{{{{{", \'{\'); // {{{{{\n}\n')
        self.assertSaid(sizes)

    def test_a_limit_never_grows(self):
        limits = (self.folder / "tools/limits").read_text()
        self.put("tools/limits", limits.replace("complexity         15", "complexity         16"))
        self.assertSaid(sizes, "complexity was 15")
        self.put("tools/limits", limits.replace("complexity         15", "complexity         14"))
        self.assertSaid(sizes)

    def test_dialect_twins_are_counted(self):
        for i in range(9):
            self.put(f"src/store/sql/a/x{i}.pg.sql", "-- why\n")
        self.assertSaid(sizes, "9 statements differ")


class BannedTest(GuardTest):
    def test_calls_are_found_but_not_names_that_resemble_them(self):
        self.put("src/flow/a.c", "void f(void)\n{\n    x = malloc(1);\n    arena_free(x);\n"
                                 "    y->free(x);\n    free (x);\n    runtime(x); // malloc(\n}\n")
        self.assertSaid(banned, "src/flow/a.c:3: malloc()", "src/flow/a.c:6: free()")

    def test_base_may_allocate_but_not_sprintf(self):
        self.put("src/base/a.c", "void *p = malloc(1);\nint n = sprintf(p, q);\n")
        self.assertSaid(banned, "src/base/a.c:2: sprintf()")

    def test_no_floating_point_near_money(self):
        self.put("src/engine/a.c", "double x;\n// a double latte\n")
        self.put("src/cel/a.c", "double x;\n")
        self.assertSaid(banned, "src/engine/a.c:1: no floating point")

    def test_unfinished_business_is_found_anywhere(self):
        self.put("docs/x.md", "A TO" "DO here\n")
        self.assertSaid(banned, "docs/x.md:1: unfinished")


class TreeTest(GuardTest):
    def test_a_complete_file_passes(self):
        self.put("src/base/a.c", HEAD.format("a.c"))
        self.put("src/base/README.md", "# base\n")
        self.assertSaid(tree)

    def test_heads_name_licence_file_and_layer(self):
        self.put("src/base/README.md", "# base\n")
        self.put("src/base/a.c", HEAD.format("b.c"))
        self.put("src/base/b.c", HEAD.format("b.c").split("\n", 1)[1])
        self.put("src/base/c.c", HEAD.format("c.c").replace("Layer", "Room"))
        self.put("script/x", "#!/bin/sh\n")
        self.assertSaid(tree, "script/x:1: the SPDX", "'// a.c - '", "src/base/b.c:1: the SPDX",
                        "'// b.c - '", "names no layer")

    def test_every_layer_has_a_readme_of_a_page(self):
        self.put("src/base/a.c", HEAD.format("a.c"))
        self.put("src/cel/README.md", "x\n" * 81)
        self.assertSaid(tree, "src/base: there is no README", "longer than a page")

    def test_paths_of_machines_are_found(self):
        self.put("docs/a.md", "see /ho" "me/ada/x, not https://x.org/ho" "me/y\n")
        self.assertSaid(tree, "docs/a.md:1: a path")


class SymbolsTest(GuardTest):
    def compile(self, name, code):
        source = self.put(f"src/{name}", code)
        layer = name.split("/")[0]
        out = self.folder / f"build/src/{layer}/lib{layer}.a.p/{source.stem}.c.o"
        out.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-w", "-c", str(source), "-o", str(out)], check=True)

    def assertSaid(self, guard, *parts):
        self.swap(guard.sys, "argv", ["symbols", "build"])
        super().assertSaid(guard, *parts)

    def test_a_pure_engine_passes(self):
        self.compile("engine/a.c", "int b(void), arena_new(void), memcmp(void);\n"
                                   "static const int t[] = {1};\n"
                                   "int a(int i) { return b() + arena_new() + memcmp() + t[i]; }\n")
        self.compile("engine/b.c", "int b(void) { return 1; }\n")
        self.assertSaid(symbols)

    def test_a_clock_or_a_file_in_the_engine_is_found(self):
        self.compile("engine/a.c", "int time(void), open(void);\n"
                                   "int a(void) { return time() + open(); }\n")
        self.assertSaid(symbols, "may not use open", "may not use time")

    def test_a_variable_of_the_engine_is_found(self):
        self.compile("engine/a.c", "static int calls;\nstatic const int fine = 1;\n"
                                   "struct s;\nint *b(void);\n"
                                   "__extension__ typedef __int128 wide;\n"
                                   "static char room[4] = \"\";\n"
                                   "void f(void)\n{\n    static int n;\n    int m;\n"
                                   "    static const int k = 1;\n}\n")
        self.assertSaid(symbols, "src/engine/a.c:1: ", "src/engine/a.c:6: ", "src/engine/a.c:9: ")

    def test_api_may_not_call_the_store(self):
        self.compile("store/a.c", "int store_get(void) { return 1; }\n")
        self.compile("flow/a.c", "int store_get(void);\n"
                                 "int flow_get(void) { return store_get(); }\n")
        self.compile("api/a.c", "int store_get(void), flow_get(void);\n"
                                "int a(void) { return store_get() + flow_get(); }\n")
        self.assertSaid(symbols, "api may not call store_get")


if __name__ == "__main__":
    unittest.main()
