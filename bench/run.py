#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - run what meson.build calls a benchmark, one after the other.

  run.py BUILD_DIR [BEGINNING_OF_NAME]

A benchmark prints its own lines, each a number beside the reference measured in the same run.
"""
import json
import os
import subprocess
import sys


def main():
    build, wanted = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    listed = subprocess.run(["meson", "introspect", "--benchmarks", build], check=True,
                            stdout=subprocess.PIPE, text=True)
    chosen = [b for b in json.loads(listed.stdout) if b["name"].startswith(wanted)]
    if not chosen:
        print(f"There is no benchmark '{wanted}'", file=sys.stderr)
        return 1
    failed = 0
    for bench in chosen:
        print(f"# {bench['name']}", flush=True)
        done = subprocess.run(bench["cmd"], cwd=bench["workdir"] or build,
                              env={**os.environ, **bench["env"]})
        failed += done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
