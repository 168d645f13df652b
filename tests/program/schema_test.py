#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema and the compiler agree.

The schema accepts every template and every document whose mistake only the compiler can know
("schema_accepts" in bad_documents.json), and refuses every other one.

usage: schema_test.py SCHEMA_PRINTER SOURCE_ROOT
"""
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def document(base, case):
    if "text" in case:
        try:
            return json.loads(case["text"])
        except ValueError:
            return None
    merged = {**base, **case["with"]}
    return {key: value for key, value in merged.items() if value is not None}


def main():
    printer, root = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([printer], capture_output=True, check=True).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0

    templates = sorted((root / "docs/templates").glob("*.json"))
    templates = [path for path in templates if not path.name.endswith("-mapping.json")]
    for path in templates:
        for error in validator.iter_errors(json.loads(path.read_text())):
            print(f"{path.name}: {error.json_path}: {error.message}")
            wrong += 1

    golden = json.loads((root / "tests/program/bad_documents.json").read_text())
    validator.validate(golden["base"])
    refused = 0
    for case in golden["cases"]:
        text = document(golden["base"], case)
        if text is None:
            continue
        accepts = validator.is_valid(text)
        refused += not accepts
        if accepts != case.get("schema_accepts", False):
            print(f"{case['name']}: the schema {'accepts' if accepts else 'refuses'} it")
            wrong += 1
    print(f"{len(templates)} templates accepted, {refused} bad documents refused, {wrong} wrong")
    return 1 if wrong or not templates or not refused else 0


if __name__ == "__main__":
    sys.exit(main())
