#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the conformance cases of npm @bufbuild/cel-spec; skipped (77) when it cannot be installed.
#
#   npm_test.sh RUNNER FOLDER
set -eu
runner=$1
cd "$2"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "no node"
    exit 77
fi
[ -d node_modules/@bufbuild/cel-spec ] || npm ci --silent --no-audit --no-fund || exit 77
cases=$(mktemp)
trap 'rm -f "$cases"' EXIT
node convert.mjs >"$cases"
# A converter that leaves too much out must not pass.
[ "$(wc -l <"$cases")" -ge 1626 ] || { echo "fewer than 1626 cases"; exit 1; }
"$runner" -t type_exceptions.txt "$cases"
