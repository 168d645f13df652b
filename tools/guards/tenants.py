#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tenants - everything can be spread over machines by tenant.

Asks a freshly migrated PostgreSQL, which knows better than any reading of SQL by us: its catalogue
for keys and indexes, its planner for which rows a statement can touch.  Tables and where they live
are those of catalog/tables.def; how many statements may leave the tenant out is in tools/limits.

  tenants.py POSTGRES_URL [--list]     --list also prints the statements that name no tenant
"""
import json
import re
import subprocess
import sys

from common import ROOT, Problems, table

sys.path.insert(0, str(ROOT / "tools"))
import sqlgen  # pylint: disable=wrong-import-position

LIMITS = "tools/limits"
TABLES = "catalog/tables.def"
SQL = "src/store/sql"
MIGRATIONS = "src/store/migrations"
TABLE = re.compile(r'^TABLE\((\w+), (OWNED|REFERENCE|LOCAL), (?:NULL|"([^"]+)")\)', re.MULTILINE)
# Citus runs a trigger where the rows are; one that only refuses needs nothing from elsewhere.
TRIGGER_FUNCTION = "refuse_change"

# What has no plan, and is no question about rows.
UTILITY = re.compile(r"ANALYZE\b")

# Parameters are numbered from here on, so that $101 is one: what a plan calls $0 or $1 may also be
# the result of a part of the plan.
FIRST = 101
PG_TYPES = {"i64": "bigint", "bool": "boolean", "text": "text", "blob": "bytea", "id": "bytea",
            "hash": "bytea"}

CATALOGUE = """
SELECT json_build_object(
    'tables', (SELECT json_agg(json_build_object(
            'name', relname, 'kind', relkind,
            'tenant', (SELECT json_build_array(attnum, atttypid = 'bigint'::regtype, attnotnull)
                       FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id'),
            'identity', EXISTS (SELECT FROM pg_attribute
                                WHERE attrelid = c.oid AND attidentity <> '')))
        FROM pg_class c WHERE relnamespace = current_schema()::regnamespace
        AND relkind NOT IN ('i', 'I', 't', 'c')),
    'constraints', (SELECT json_agg(json_build_object(
            'name', conname, 'type', contype, 'table', conrelid::regclass::text,
            'first', (SELECT attname FROM pg_attribute
                      WHERE attrelid = conrelid AND attnum = conkey[1]),
            'other', confrelid::regclass::text,
            'other_first', (SELECT attname FROM pg_attribute
                            WHERE attrelid = confrelid AND attnum = confkey[1]),
            'acts', confdeltype::text || confupdtype::text))
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
        AND conrelid <> 0 AND contype IN ('p', 'u', 'x', 'f')),
    'indexes', (SELECT json_agg(json_build_object(
            'name', indexrelid::regclass::text, 'table', indrelid::regclass::text,
            'first', (SELECT attname FROM pg_attribute
                      WHERE attrelid = indrelid AND attnum = indkey[0])))
        FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = current_schema()::regnamespace),
    'triggers', (SELECT json_agg(json_build_object(
            'name', tgname, 'table', tgrelid::regclass::text, 'calls', proname))
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal));
"""


# ---- asking the database

def psql(url, text):
    """What psql prints, errors among it."""
    done = subprocess.run(["psql", "-XqAt", url], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout


def migrate(url, migrations):
    said = psql(url, "\\set ON_ERROR_STOP 1\n" + "\n".join(m.texts[1] for m in migrations))
    if "ERROR" in said:
        sys.exit(said)


def catalogue_of(url):
    said = psql(url, CATALOGUE)
    return json.loads(said) if said.startswith("{") else sys.exit(said)


def guard_role(owned, others):
    """A role that may do all but give a row to another tenant: then PostgreSQL says who tries."""
    columns = "\n".join(
        f"SELECT format('GRANT UPDATE (%I) ON {name} TO tenants_guard', attname) "
        f"FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 "
        "AND attname <> 'tenant_id' AND NOT attisdropped \\gexec" for name in owned)
    whole = "\n".join(f"GRANT UPDATE ON {name} TO tenants_guard;" for name in others)
    return ("SET client_min_messages = error;\nDROP ROLE IF EXISTS tenants_guard;\n"
            "CREATE ROLE tenants_guard;\n"
            "GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO tenants_guard;\n"
            f"{columns}\n{whole}\nSET ROLE tenants_guard;\n"
            "SET plan_cache_mode = force_generic_plan;\n")


def shifted(text):
    return re.sub(r"\$(\d+)", lambda m: f"${int(m[1]) + FIRST - 1}", text)


def forms(statement):
    """(name, text, types of its parameters) of a statement and of its batch, if it has one."""
    types = [PG_TYPES[f.type] for f in statement.ins]
    if not UTILITY.match(statement.texts[1]):
        yield statement.name, statement.texts[1], types
    if statement.batch_text:
        yield (statement.name + " (batch)", statement.batch_text,
               types[:1] + [name + "[]" for name in types[1:]])


def explain(name, text, types):
    all_types = ["integer"] * (FIRST - 1) + types
    nulls = ", ".join(["NULL"] * len(all_types))
    return (f"\\echo '### {name}'\nPREPARE asked ({', '.join(all_types)}) AS\n"
            f"{shifted(text)};\n"
            f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) EXECUTE asked ({nulls});\n"
            "DEALLOCATE asked;\n")


def plans_of(url, statements, owned, others):
    """{name of the form: its plan, or what PostgreSQL says against it}"""
    asked = "".join(explain(*form) for s in statements for form in forms(s))
    said = psql(url, guard_role(owned, others) + asked + "RESET ROLE;\n"
                "DROP OWNED BY tenants_guard;\nDROP ROLE tenants_guard;\n")
    plans = {}
    for part in said.split("### ")[1:]:
        name, _, told = part.partition("\n")
        try:
            plans[name] = json.loads(told)[0]["Plan"]
        except ValueError:
            plans[name] = told.strip().split("\n")[0]
    return plans


# ---- reading a plan

def conjuncts(condition):
    """What all must hold: "((a) AND (b))" is a and b; an OR or anything else is one piece."""
    text = condition.strip()
    depth, parts, start = 0, [], 1
    if not (text.startswith("(") and text.endswith(")")):
        return [text]
    quoted = None
    for i, c in enumerate(text):
        if quoted or c in "'\"":  # a doubled quote ends one piece and begins the next
            quoted = c if not quoted else None if c == quoted else quoted
            continue
        depth += (c == "(") - (c == ")")
        if depth == 0 and i < len(text) - 1:
            return [text]
        if depth == 1 and text.startswith(" AND ", i):
            parts.append(text[start:i])
            start = i + 5
    parts.append(text[start:-1])
    return parts if len(parts) == 1 else [p for part in parts for p in conjuncts(part)]


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def scans(plan):
    """(table, whether it is bound to the tenant's parameter) of every reading of a table."""
    for node in nodes(plan):
        if "Relation Name" not in node or node["Node Type"] == "ModifyTable":
            continue
        bound = set()
        for key in "Index Cond", "Recheck Cond", "Filter":
            bound |= {c.strip("()") for c in conjuncts(node.get(key, ""))}
        yield node["Relation Name"], node["Alias"] + ".tenant_id = ", bound


def insert_targets(plan):
    return [node["Relation Name"] for node in nodes(plan)
            if node["Node Type"] == "ModifyTable" and node["Operation"] == "Insert"]


# ---- what must hold

def check_tables(tables, places, problems):
    for relation in tables:
        name, kind = relation["name"], relation["kind"]
        if kind == "v":
            continue
        if kind not in "rp":
            problems.add(MIGRATIONS, 0, f"{name}: machines would each have their own "
                         + ("sequence" if kind == "S" else f"relation of kind '{kind}'"))
            continue
        if name not in places:
            problems.add(TABLES, 0, f"does not say where {name} lives")
        elif places[name] == "OWNED" and relation["tenant"] != [1, True, True]:
            problems.add(MIGRATIONS, 0, f"{name}: tenant_id is not the first column, a bigint and "
                         "NOT NULL")
        if relation["identity"]:
            problems.add(MIGRATIONS, 0, f"{name}: numbers that one machine gives out")
    real = {t["name"] for t in tables}
    for name in places:
        if name not in real:
            problems.add(TABLES, 0, f"there is no table {name}")


def check_key(key, places, problems):
    """Of a primary key, unique or exclusion constraint, or an index."""
    if places.get(key["table"]) == "OWNED" and key["first"] != "tenant_id":
        problems.add(MIGRATIONS, 0, f"{key['table']}: {key['name']} does not begin with tenant_id")


def check_foreign_key(key, places, problems):
    name, here, there = f"{key['table']}: {key['name']}", key["table"], key["other"]
    order = list(places)
    if places.get(here) != "OWNED" and places.get(there) in ("OWNED", "LOCAL"):
        problems.add(MIGRATIONS, 0, f"{name} points to rows that are not on every machine")
    elif places.get(here) == "OWNED":
        if (key["first"], key["other_first"]) != ("tenant_id", "tenant_id"):
            problems.add(MIGRATIONS, 0, f"{name} does not join tenant_id to tenant_id first")
        if places.get(there) == "LOCAL":
            problems.add(MIGRATIONS, 0, f"{name} points to a table of one machine")
    if set(key["acts"]) - set("ar"):
        problems.add(MIGRATIONS, 0, f"{name} changes rows by itself")
    if here in places and there in places and order.index(there) > order.index(here):
        problems.add(TABLES, 0, f"{there} comes after {here}, which points to it")


def check_schema(catalogue, places, problems):
    check_tables(catalogue["tables"] or [], places, problems)
    for constraint in catalogue["constraints"] or []:
        if constraint["type"] == "f":
            check_foreign_key(constraint, places, problems)
        else:
            check_key(constraint, places, problems)
    named = {c["name"] for c in catalogue["constraints"] or []}
    for index in catalogue["indexes"] or []:
        if index["name"] not in named:
            check_key(index, places, problems)
    for trigger in catalogue["triggers"] or []:
        if trigger["calls"] != TRIGGER_FUNCTION or places.get(trigger["table"]) == "REFERENCE":
            problems.add(MIGRATIONS, 0, f"{trigger['table']}: the trigger {trigger['name']} calls "
                         f"{trigger['calls']}")


def tenant_parameter(statement):
    for i, field in enumerate(statement.ins):
        if field.name == "tenant_id" and field.type == "i64":
            return f"${FIRST + i}"
    return None


def check_insert(sql, name, parameter, complain):
    text = shifted(sql)
    begins = rf"INSERT INTO {name} ?\( ?tenant_id,[^)]*\) (VALUES ?\( ?|SELECT )"
    begun = re.match(begins, text)
    if not begun or not re.match(rf"{re.escape(parameter or '?')},", text[begun.end():]):
        complain(f"does not give {name} the parameter tenant_id as first value")
    elif begun[1].startswith("VALUES") and re.search(r"\bSELECT\b", text):
        complain("has a subquery among VALUES: write INSERT ... SELECT")


def joins_whole_tables(plan):
    """Whether rows are matched after a table was read, not looked up by their key one by one."""
    return any("Join Filter" in node or "Hash Cond" in node or "Merge Cond" in node
               for node in nodes(plan))


def check_form(sql, plan, parameter, places, complain):
    """False when the statement reads rows of all tenants."""
    if isinstance(plan, str):
        complain(plan)
        return True
    for name in insert_targets(plan):
        if places.get(name) == "OWNED":
            check_insert(sql, name, parameter, complain)
    reading = {name for name, words, bound in scans(plan)
               if places.get(name) == "OWNED" and f"{words}{parameter}" not in bound}
    for name in sorted(reading) if parameter else ():
        complain(f"reads {name} of other tenants, too")
    return not reading


def check_statement(statement, plans, places, problems):
    """True when it reads rows of all tenants, and is allowed to."""
    def complain(text):
        problems.add(SQL, 0, f"{statement.name}: {text}")

    parameter = tenant_parameter(statement)
    if not parameter and not statement.maintenance:
        complain("has no parameter tenant_id and no maintenance line")
    elif parameter and statement.maintenance:
        complain("names a tenant: no maintenance line is needed")
    batch = plans.get(statement.name + " (batch)")
    if isinstance(batch, dict) and joins_whole_tables(batch):
        complain("joins the rows of a batch with a whole table")
    of_one = [check_form(sql, plans.get(name, "was not answered"), parameter, places, complain)
              for name, sql, _ in forms(statement)]
    return bool(statement.maintenance) and not all(of_one)


def check(url, sql, migrations, places, limits):
    """Problems, and the statements that name no tenant."""
    problems, of_all = Problems(), []
    statements = sqlgen.read_statements(sql)
    migrate(url, sqlgen.read_migrations(migrations))
    check_schema(catalogue_of(url), places, problems)
    owned = [t for t in places if places[t] == "OWNED"]
    if not problems.lines:  # a plan is read by the list of tables
        plans = plans_of(url, statements, owned, [t for t in places if t not in owned])
        of_all = [s for s in statements if check_statement(s, plans, places, problems)]
    spared = [s for s in statements if s.maintenance]
    for name, found in ("maintenance_statements", spared), ("all_tenants_statements", of_all):
        if len(found) > limits[name]:
            problems.add(SQL, 0, f"{len(found)} statements, {name} is {limits[name]}: "
                         + ", ".join(s.name for s in found))
    return problems, spared


def places_in(text):
    """{table: place}, in the order of the list."""
    for name, place, why in TABLE.findall(text):
        if (place == "OWNED") == bool(why):
            sys.exit(f"{TABLES}: {name}: a reason is given for what no tenant owns, and only then")
    return {name: place for name, place, _ in TABLE.findall(text)}


def main():
    limits = {name: int(value) for name, value in (line.split()[:2] for line in table(LIMITS))}
    problems, spared = check(sys.argv[1], ROOT / SQL, ROOT / MIGRATIONS,
                             places_in((ROOT / TABLES).read_text()),
                             limits)
    if "--list" in sys.argv:
        for statement in spared:
            print(f"{statement.name}: {statement.maintenance}")
    problems.finish()


if __name__ == "__main__":
    main()
