#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""layers - every #include of src/ is one that tools/layers allows."""
import fnmatch
import re

from common import Problems, files, read, table

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def rules():
    """{layer: patterns} and [(header pattern, patterns of files)], in the table's order."""
    layers, outside = {}, []
    for line in table("tools/layers"):
        name, *patterns = line.split()
        if name.startswith("<"):
            outside.append((name.strip("<>"), patterns))
        elif name != "calls":
            layers[name] = patterns
    return layers, outside


def fits(path, patterns):
    return any(fnmatch.fnmatch(path, p) for p in patterns)


def refuse(path, own, system, layers, outside):
    """Why path may not include this header, or None."""
    layer = path.split("/")[0]
    if layer not in layers:
        return f"tools/layers knows no layer '{layer}'"
    if own:
        if own.endswith(".def") and "/" not in own:
            return None  # the catalogue is for all
        if "/" not in own:
            return f'write "{own}" from src/'
        return None if fits(own, layers[layer]) else f'{layer} may not include "{own}"'
    for header, patterns in outside:
        if fnmatch.fnmatch(system, header):
            return None if fits(path, patterns) else f"<{system}> is not for this file"
    return f"<{system}> is not in tools/layers"


def main():
    problems = Problems()
    layers, outside = rules()
    for name in files(".c", ".h", under="src"):
        for number, line in enumerate(read(name).splitlines(), 1):
            m = INCLUDE.match(line)
            why = m and refuse(name.removeprefix("src/"), m[1], m[2], layers, outside)
            if why:
                problems.add(name, number, why)
    problems.finish()


if __name__ == "__main__":
    main()
