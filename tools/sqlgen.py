#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sqlgen - make C out of src/store/sql/ and src/store/migrations/.

Reads every statement and its contract (see src/store/sql/README.md) and writes

  sql_ids.h    enum sql_id
  sql_gen.h    for each statement: struct sql_X_in, struct sql_X_out, the typed wrapper sql_X
  sql_gen.c    the table of statements and the table of migrations

A contract that does not agree with its statement is an error here, at build time; what only a
database can know (column names and types) is compared by tools/sqlcheck.c.

  sqlgen.py SQL_DIR MIGRATIONS_DIR OUT_DIR [--depfile FILE]
"""
import argparse
import hashlib
import pathlib
import re
import sys

C_TYPES = {"i64": "int64_t", "bool": "bool", "text": "struct str", "blob": "struct str",
           "id": "struct id", "hash": "struct hash"}
VIEWS = {"text", "blob"}  # NULL is a view whose p is NULL; the others get a has_ twin
ROWS = {"none", "changed", "one", "many"}
ARRAYS = {"i64": "bigint[]", "bool": "boolean[]", "text": 'text[] COLLATE "C"', "blob": "bytea[]",
          "id": "bytea[]", "hash": "bytea[]"}
DIALECTS = ("sqlite", "pg")
FIELDS_MAX = 48

# What a migration's {{token}} becomes.  Text compares byte by byte in both.
TOKENS = {
    "i64": ("INTEGER", "BIGINT"),
    "bool": ("INTEGER", "BOOLEAN"),
    "text": ("TEXT", 'TEXT COLLATE "C"'),
    "blob": ("BLOB", "BYTEA"),
    "clustered": ("WITHOUT ROWID, STRICT", ""),
    "strict": ("STRICT", ""),
}

# SQL in pieces: what must be left alone, then what we look at.
PIECES = re.compile(r"""
    (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<cast>::)
  | :(?P<param>[a-z_][a-z0-9_]*)
  | (?P<foreign>[?$@]\w*)
  | (?P<end>;)
  | (?P<space>\s+)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<other>.)
""", re.VERBOSE | re.DOTALL)


class ContractError(Exception):
    pass


class Field:
    def __init__(self, text):
        m = re.fullmatch(r"([a-z][a-z0-9_]*):([a-z0-9]+)(\?)?", text)
        if not m or m[2] not in C_TYPES:
            raise ContractError(f"'{text}' is not name:type with a type of {sorted(C_TYPES)}")
        self.name, self.type, self.nullable = m[1], m[2], bool(m[3])

    @property
    def has_twin(self):
        return self.nullable and self.type not in VIEWS


class Statement:
    """One statement: its contract and its text in each dialect."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        head, body = split_head(path.read_text())
        name, self.what, values = read_contract(head)
        if name != self.name:
            raise ContractError(f"the first line names {name}, the file {self.name}")
        self.ins = read_fields(values["in"])
        self.outs = read_fields(values["out"])
        self.rows = values["rows"]
        self.maintenance = values.get("maintenance")
        self.batch = values.get("batch")
        self.forgets = [q for q in values.get("forgets", "").split() if q != "nothing"]
        self.forgets_all = not self.batch and "forgets" not in values
        if self.outs and "forgets" in values:
            raise ContractError("a query forgets nothing")
        if self.rows not in ROWS:
            raise ContractError(f"rows is '{self.rows}', not one of {sorted(ROWS)}")
        if (self.rows in ("one", "many")) != bool(self.outs):
            raise ContractError("rows one and many have columns in out; none and changed have none")
        self.texts = [place(self.text_for(dialect, body), dialect, self.ins)
                      for dialect in DIALECTS]
        self.batch_text = self.make_batch(self.text_for("pg", body)) if self.batch else None

    def text_for(self, dialect, body):
        twin = self.path.with_name(f"{self.name}.{dialect}.sql")
        if not twin.exists():
            return body
        why, sql = split_head(twin.read_text())
        if not why:
            raise ContractError(f"{twin.name} does not say in a comment why it differs")
        return sql

    def make_batch(self, body):
        """The statement for many rows of one tenant: $1 is the tenant, all others are arrays."""
        if not self.ins or self.ins[0].name != "tenant_id":
            raise ContractError("a batch is of one tenant: in begins with tenant_id")
        if (self.batch == "read") != bool(self.outs) or self.rows == "changed":
            raise ContractError("batch is 'read' for a query, a number for rows: none")
        if not re.fullmatch(r"read|[0-9]+", self.batch):
            raise ContractError(f"batch is '{self.batch}', neither 'read' nor a number")
        return batch_of(place(body, "batch", self.ins), self.ins)

    @property
    def function(self):
        list_form = self.rows == "many" and not self.name.endswith("_list")
        return f"sql_{self.name}_list" if list_form else f"sql_{self.name}"


def split_head(text):
    """The comment lines at the top, without '--', and the rest."""
    lines = text.splitlines()
    n = 0
    while n < len(lines) and lines[n].startswith("--"):
        n += 1
    return [line[2:].strip() for line in lines[:n]], "\n".join(lines[n:])


def read_contract(head):
    """The name, what it does, and the values of the lines that name what they say."""
    if not head or not re.match(r"[a-z][a-z0-9_]*: ", head[0]):
        raise ContractError("the first line is not '-- name: what it does.'")
    name, _, what = head[0].partition(": ")
    values, key = {"what": what}, "what"
    for line in head[1:]:
        m = re.match(r"(in|out|rows|maintenance|batch|forgets):\s*(.*)", line)
        if not m:
            values[key] += " " + line
            continue
        key = m[1]
        if key in values:
            raise ContractError(f"{key} stands twice")
        values[key] = m[2]
    missing = {"in", "out", "rows"} - set(values)
    if missing:
        raise ContractError("the contract lacks " + ", ".join(sorted(missing)))
    return name, values["what"], values


def read_fields(text):
    if text.strip() == "(none)":
        return []
    fields = [Field(word) for word in text.split()]
    names = [f.name for f in fields] + [f"has_{f.name}" for f in fields if f.has_twin]
    if len(set(names)) != len(names):
        raise ContractError("a name stands twice")
    if not fields or len(fields) > FIELDS_MAX:
        raise ContractError(f"write (none), or 1 to {FIELDS_MAX} fields")
    return fields


def place(sql, dialect, fields):
    """The text with the dialect's placeholders, in one line and without comments.

    In a batch all but the first come from the columns of u, see batch_of.
    """
    numbers = {f.name: i + 1 for i, f in enumerate(fields)}
    mark = {"sqlite": "?", "pg": "$", "batch": "u.p"}[dialect]
    used, out, ended = set(), [], False
    for piece in PIECES.finditer(sql):
        kind = piece.lastgroup
        if kind in ("comment", "space"):
            out.append(" ")
        elif ended:
            raise ContractError("more than one statement")
        elif kind == "end":
            ended = True
        elif kind == "foreign":
            raise ContractError(f"write parameters as :name, not {piece[0]}")
        elif kind == "param":
            if piece["param"] not in numbers:
                raise ContractError(f":{piece['param']} is not declared in 'in'")
            used.add(piece["param"])
            number = numbers[piece["param"]]
            out.append(f"$1" if dialect == "batch" and number == 1 else f"{mark}{number}")
        else:
            out.append(piece[0])
    unused = set(numbers) - used
    if unused:
        raise ContractError(f"declared but not used ({dialect}): " + ", ".join(sorted(unused)))
    text = tidy("".join(out))
    if not text:
        raise ContractError("there is no statement")
    return text


def batch_of(text, fields):
    """The text with its rows from arrays; sqlcheck prepares what comes out.

    OFFSET 0 keeps the planner from joining the table with the rows as a whole: each row is looked
    up by all of the key, even in a table that had no rows when its statistics were made.  There is
    no such fence for UPDATE and DELETE, so they have no batch.
    """
    if len(fields) == 1:
        return f"SELECT CAST(1 AS BIGINT) AS n, s.* FROM ({text}) AS s"
    numbers = range(2, len(fields) + 1)
    arrays = ", ".join(f"${i}::{ARRAYS[fields[i - 1].type]}" for i in numbers)
    columns = ", ".join(f"p{i}" for i in numbers)
    rows = f"unnest({arrays}) AS u({columns})"
    if text.startswith("SELECT"):
        numbered = f"unnest({arrays}) WITH ORDINALITY AS u({columns}, n)"
        fence = "" if " FOR " in text else " OFFSET 0"
        return f"SELECT u.n, s.* FROM {numbered} CROSS JOIN LATERAL ({text}{fence}) AS s"
    m = re.fullmatch(r"(INSERT INTO \w+ \([^()]*\)) VALUES \(([^()]*)\)( ON CONFLICT .*)?", text)
    if m and m[3] and "DO NOTHING" in m[3]:
        raise ContractError("a batch that leaves rows out could not tell that from losing them")
    if m and "u.p" not in (m[3] or ""):
        return f"{m[1]} SELECT {m[2]} FROM {rows}{m[3] or ''}"
    raise ContractError("a batch of this statement cannot be made")


def tidy(sql):
    """Single spaces outside of quotes."""
    parts = re.split(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""", sql)
    return "".join(p if i % 2 else re.sub(r"\s+", " ", p) for i, p in enumerate(parts)).strip()


def is_twin(path):
    """NAME.pg.sql and NAME.sqlite.sql stand beside NAME.sql; anything else is a mistake."""
    parts = path.name.split(".")
    if len(parts) == 2:
        return False
    base = path.with_name(f"{parts[0]}.sql")
    if len(parts) != 3 or parts[1] not in DIALECTS or not base.exists():
        raise ContractError(f"this is no {base.name} and no dialect twin of one")
    return True


def read_statements(folder):
    statements, errors = {}, []
    for path in sorted(folder.glob("*/*.sql")):
        try:
            if is_twin(path):
                continue
            statement = Statement(path)
            if statement.name in statements:
                raise ContractError(f"{statements[statement.name].path} has this name too")
            statements[statement.name] = statement
        except ContractError as e:
            errors.append(f"{path}: {e}")
    for s in statements.values():
        errors += [f"{s.path}: {why}" for why in wrong_forgets(s, statements)]
    if errors:
        raise ContractError("\n".join(errors))
    return list(statements.values())


def wrong_forgets(s, statements):
    """A write can name a question it answers anew only when its own parameters say which one."""
    given = {f.name: f.type for f in s.ins}
    for name in s.forgets:
        question = statements.get(name)
        if not question or question.batch != "read":
            yield f"forgets {name}, which is no statement with batch: read"
        elif any(given.get(f.name) != f.type for f in question.ins):
            yield f"forgets {name}, whose parameters it does not all have"


class Migration:
    def __init__(self, path):
        m = re.fullmatch(r"(\d{4})_([a-z0-9_]+)", path.stem)
        if not m:
            raise ContractError(f"{path}: the name is not NNNN_words.sql")
        self.number, self.name = int(m[1]), m[2]
        self.texts = [expand(path, i) for i in range(len(DIALECTS))]

    def sha256(self, i):
        return hashlib.sha256(self.texts[i].encode()).hexdigest()


def expand(path, i):
    """The common text with its tokens replaced, then what is particular to the dialect."""
    def token(m):
        if m[1] not in TOKENS:
            raise ContractError(f"{path}: {m[0]} is not one of {sorted(TOKENS)}")
        return TOKENS[m[1]][i]

    twin = path.with_name(f"{path.stem}.{DIALECTS[i]}.sql")
    text = path.read_text() + (twin.read_text() if twin.exists() else "")
    return re.sub(r"\{\{(.*?)\}\}", token, text)


def read_migrations(folder):
    migrations = [Migration(p) for p in sorted(folder.glob("*.sql")) if not is_twin(p)]
    numbers = [m.number for m in migrations]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ContractError(f"{folder}: migrations are numbered {numbers}, not 1, 2, 3 ...")
    return migrations


# ---- writing C

HEAD = """// SPDX-License-Identifier: Apache-2.0
// Made by tools/sqlgen.py from src/store/sql/: edit the statements there, not this file.
"""


def c_string(text, indent):
    """A C literal, on a line of its own for each line of the text and for about 90 bytes of it."""
    lines = []
    for line in text.splitlines(keepends=True):
        while len(line) > 90:
            cut = line.rfind(" ", 40, 90) + 1 or 90
            lines.append(line[:cut])
            line = line[cut:]
        lines.append(line)
    escaped = []
    for line in lines or [""]:
        line = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        escaped.append('"' + line.replace("??", '?""?') + '"')
    return ("\n" + " " * indent).join(escaped)


def ids_h(statements):
    out = [HEAD, "#pragma once\n\nenum sql_id {"]
    out += [f"    SQL_{s.name.upper()}," for s in statements]
    out.append("    N_SQL_STATEMENTS\n};\n")
    return "\n".join(out)


def members(fields):
    out = []
    for f in fields:
        if f.has_twin:
            out.append(f"    bool has_{f.name};")
        note = " // p NULL = NULL" if f.nullable and f.type in VIEWS else ""
        out.append(f"    {C_TYPES[f.type]} {f.name};{note}")
    return "\n".join(out)


def wrapper(s):
    args = ["struct db *db"] + ([f"const struct sql_{s.name}_in *in"] if s.ins else [])
    call = f"db, SQL_{s.name.upper()}, {'in' if s.ins else 'NULL'}"
    out = f"struct sql_{s.name}_out"
    if s.rows == "none":
        body = f"    return sql_run({call});"
    elif s.rows == "changed":
        args.append("int64_t *ret_changed")
        body = f"    return sql_run_changed({call}, ret_changed);"
    elif s.rows == "one":
        args += ["struct arena *arena", f"{out} *ret_out"]
        body = f"    return sql_run_one({call}, arena, ret_out);"
    else:
        args += ["struct arena *arena", f"{out} **ret_rows", "size_t *ret_n"]
        body = (f"    void *rows;\n    enum err e = sql_run_many({call}, arena, &rows, ret_n);\n"
                "    if (e)\n        return e;\n    *ret_rows = rows;\n    return OK;")
    made = f"MUST_CHECK static inline enum err {s.function}({', '.join(args)})\n{{\n{body}\n}}\n"
    if s.batch != "read":
        return made
    return made + (f"MUST_CHECK static inline enum err sql_{s.name}_ahead({', '.join(args[:2])})\n"
                   f"{{\n    return sql_run_ahead({call});\n}}\n")


def gen_h(statements):
    out = [HEAD, '#pragma once\n\n#include "base/hash.h"\n#include "base/id.h"\n'
                 '#include "store/sql.h"\n']
    for s in statements:
        for kind, fields in (("in", s.ins), ("out", s.outs)):
            if fields:
                out.append(f"struct sql_{s.name}_{kind} {{\n{members(fields)}\n}};\n")
        out.append(f"// {s.what}\n{wrapper(s)}")
    return "\n".join(out)


def field_table(s, kind, fields):
    struct = f"struct sql_{s.name}_{kind}"
    out = [f"static const struct sql_field {s.name}_{kind}[] = {{"]
    for f in fields:
        has = f"true, offsetof({struct}, has_{f.name})" if f.has_twin else "false, 0"
        out.append(f'    {{"{f.name}", SQL_TYPE_{f.type.upper()}, {str(f.nullable).lower()}, '
                   f"offsetof({struct}, {f.name}), {has}}},")
    return "\n".join(out + ["};\n"])


def forgets_table(s, statements):
    """For each question: the places of its parameters among those of the write."""
    if not s.forgets:
        return ""
    places = {f.name: i for i, f in enumerate(s.ins)}
    lines = []
    for question in s.forgets:
        numbers = ", ".join(str(places[f.name]) for f in statements[question].ins)
        lines.append(f"    {{SQL_{question.upper()}, {{{numbers}}}}},")
    return "\n".join([f"static const struct sql_forgets {s.name}_forgets[] = {{", *lines, "};\n"])


def batch_part(s):
    forgets = f"{s.name}_forgets, {len(s.forgets)}" if s.forgets else "NULL, 0"
    if s.forgets_all:
        forgets = "NULL, SQL_FORGETS_ALL"
    if not s.batch:
        return f"SQL_BATCH_NONE, 0, {forgets}, NULL"
    kind, place_in = ("READ", 0) if s.batch == "read" else ("WRITE", int(s.batch))
    return f"SQL_BATCH_{kind}, {place_in}, {forgets},\n      {c_string(s.batch_text, 6)}"


def statement_line(s):
    def table(kind, fields):
        return f"{s.name}_{kind}, {len(fields)}" if fields else "NULL, 0"
    size = f"sizeof(struct sql_{s.name}_out)" if s.outs else "0"
    why = c_string(s.maintenance, 6) if s.maintenance else "NULL"
    texts = ",\n      ".join(c_string(t, 6) for t in s.texts)
    return (f'    {{"{s.name}",\n     {{{texts}}},\n     {table("in", s.ins)}, '
            f'{table("out", s.outs)}, {size}, SQL_ROWS_{s.rows.upper()}, {why},\n'
            f"     {batch_part(s)}}},")


def gen_c(statements, migrations):
    out = [HEAD, '#include "store/sql_gen.h"\n']
    for s in statements:
        for kind, fields in (("in", s.ins), ("out", s.outs)):
            if fields:
                out.append(field_table(s, kind, fields))
        out.append(forgets_table(s, {q.name: q for q in statements}))
    out.append("const struct sql_statement sql_statements[] = {")
    out += [statement_line(s) for s in statements] or ["    {0},"]
    out.append("};\n\nconst struct sql_migration sql_migrations[] = {")
    for m in migrations:
        texts = ",\n      ".join(c_string(t, 6) for t in m.texts)
        sums = ", ".join(f'"{m.sha256(i)}"' for i in range(len(DIALECTS)))
        out.append(f'    {{{m.number}, "{m.name}",\n     {{{texts}}},\n     {{{sums}}}}},')
    if not migrations:
        out.append("    {0},")
    out.append(f"}};\n\nconst int n_sql_migrations = {len(migrations)};\n")
    return "\n".join(out)


def write(path, text):
    """Leaves a file alone that would not change, so that nothing is compiled for nothing."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def depfile(target, folders):
    """Files and the folders themselves: a new file is a new build, too."""
    seen = []
    for folder in folders:
        seen += [folder, *sorted(p for p in folder.rglob("*") if p.is_dir() or p.suffix == ".sql")]
    names = " ".join(str(p).replace(" ", "\\ ") for p in seen)
    return f"{target}: {names}\n"


def main():
    parser = argparse.ArgumentParser(description="make C out of SQL")
    parser.add_argument("sql", type=pathlib.Path)
    parser.add_argument("migrations", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--depfile", type=pathlib.Path)
    args = parser.parse_args()
    try:
        statements = read_statements(args.sql)
        migrations = read_migrations(args.migrations)
    except ContractError as e:
        print(e, file=sys.stderr)
        return 1
    write(args.out / "sql_ids.h", ids_h(statements))
    write(args.out / "sql_gen.h", gen_h(statements))
    write(args.out / "sql_gen.c", gen_c(statements, migrations))
    if args.depfile:
        args.depfile.write_text(depfile(args.out / "sql_ids.h", [args.sql, args.migrations]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
