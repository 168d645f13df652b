#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/programme.md lists every field of the document, as the schema has them.

usage: programme_md.py SCHEMA_PRINTER SOURCE_ROOT [--write]

Without --write it compares and fails when the page says something else.
"""
import json
import pathlib
import re
import subprocess
import sys


def type_of(field):
    if "$ref" in field:
        return field["$ref"].split("/")[-1]
    if "oneOf" in field:
        other = field["oneOf"][1]
        if "en" in other.get("properties", {}):
            return "text, or one per language"
        return "text, or one per currency" if "type" in field["oneOf"][0] else "see below"
    if "enum" in field:
        words = field["enum"]
        return ", ".join(f"`{word}`" for word in words) if len(words) < 20 else "ISO 4217 code"
    if field.get("type") == "array":
        if field.get("maxItems") == 0:
            return "empty list"
        items = field["items"]
        return f"list of {type_of(items)}" if items else "list"
    if field.get("maxProperties") == 0:
        return "empty object"
    return {"string": "text", "integer": "whole number", "boolean": "true or false",
            "object": "object"}[field["type"]]


def limits_of(field):
    low, high = field.get("minimum"), field.get("maximum")
    if high is None or high > 2**52:
        return f", from {low}" if low else ""
    return f", {low} to {high}"


def table(shape):
    required = shape.get("required", [])
    rows = ["| field | what | when absent | means |", "|---|---|---|---|"]
    for name, field in shape["properties"].items():
        shown = f"**`{name}`**" if name in required else f"`{name}`"
        absent = "" if "default" not in field else f"`{json.dumps(field['default'])}`"
        if field.get("default") == field.get("maximum", 0):
            absent = "no limit"
        rows.append(f"| {shown} | {type_of(field)}{limits_of(field)} | {absent} "
                    f"| {field.get('description', '')} |")
    return rows


def gives(schema):
    rows = ["| type | field | what | means |", "|---|---|---|---|"]
    for choice in schema["$defs"]["reward"]["properties"]["gives"]["oneOf"]:
        shape = choice["allOf"][0]
        one_of = [alternative["required"][0] for alternative in choice.get("oneOf", [])]
        kind = shape["properties"]["type"]["enum"][0]
        fields = {name: f for name, f in shape["properties"].items() if name != "type"}
        if not fields:
            rows.append(f"| `{kind}` | | | {shape['description']} |")
        for name, field in fields.items():
            shown = f"**`{name}`**" if name in shape["required"] else f"`{name}`"
            either = ", this or " + " or ".join(x for x in one_of if x != name) \
                if name in one_of else ""
            rows.append(f"| `{kind}` | {shown} | {type_of(field)}{limits_of(field)} "
                        f"| {field['description']}{either} |")
    return rows


def facts(root):
    rows = ["| fact | type | means |", "|---|---|---|"]
    pattern = r'^FACT\((\w+), \w+, +"(\w+)", +"([^"]+)", +(\w+), +"([^"]*)"'
    for line in (root / "catalog/facts.def").read_text().splitlines():
        found = re.match(pattern, line)
        if found:
            record, name, kind, presence, means = found.groups()
            may = "; may be missing: ask `has()` first" if presence == "OPTIONAL" else ""
            unit = ", minor units" if presence == "MONEY" else ""
            rows.append(f"| `{record.lower()}.{name}` | {kind} | {means}{unit}{may} |")
    rows.append("| `now` | timestamp | when the event happened, or when the reward is asked for |")
    return rows


def page(text, schema, root):
    seen = set()

    def fill(match):
        kind, name = match[1], match[2]
        if kind == "fields":
            seen.add(name)
            rows = table(schema["$defs"][name])
        else:
            rows = gives(schema) if kind == "gives" else facts(root)
        head = f"<!-- {kind}: {name} -->" if name else f"<!-- {kind} -->"
        return "\n".join([head, *rows, "<!-- end -->"])

    text = re.sub(r"<!-- (fields|gives|facts)(?:: (\w+))? -->\n(?:.*\n)*?<!-- end -->", fill, text)
    missing = set(schema["$defs"]) - seen
    if missing:
        sys.exit(f"docs/programme.md has no table of: {', '.join(sorted(missing))}")
    return text


def main():
    printer, root = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([printer], capture_output=True, check=True).stdout)
    path = root / "docs/programme.md"
    is_now = path.read_text()
    should = page(is_now, schema, root)
    if "--write" in sys.argv:
        path.write_text(should)
    elif is_now != should:
        sys.exit("docs/programme.md differs: run tests/program/programme_md.py with --write")
    # The example of the page is the demo programme.
    example = json.loads(re.search(r"```json\n(.*?)```", should, re.S)[1])
    cafe = json.loads((root / "docs/templates/cafe.json").read_text())
    for rule in cafe["rules"]:
        rule.pop("name", None)
    if example != cafe:
        sys.exit("the example of docs/programme.md is not docs/templates/cafe.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
