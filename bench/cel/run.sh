#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our numbers beside five JavaScript libraries, measured in the same run, with the bars of the
# rule language; fails when a bar is missed.
#
#   run.sh CEL_BENCH FOLDER
set -eu
bench=$1
cd "$2"
ours=$("$bench")
theirs=
if command -v node >/dev/null; then
    [ -d node_modules/@bufbuild/cel ] || npm ci --silent --no-audit --no-fund || true
    [ -d node_modules/@bufbuild/cel ] && theirs=$(node bench.mjs)
fi
printf '%s\n%s\n' "$ours" "$theirs" | awk '
function bar(name, value, least, unit) {
    good = value >= least
    printf "%-44s %14.2f %-12s bar >= %-10s %s\n", name, value, unit, least, good ? "" : "MISSED"
    missed += !good
}
function at_most(name, value, most, unit) {
    verdict = value <= most ? "" : "MISSED"
    printf "%-44s %14.2f %-12s bar <= %-10s %s\n", name, value, unit, most, verdict
    missed += value > most
}
$1 == "E1" { e1 = $2; bar("cel.e1", $2 / 1e6, 10, "M/s"); next }
$1 == "E2" { e2 = $2; bar("cel.e2", $2 / 1e6, 10, "M/s"); next }
$1 == "mallocs" { at_most("cel.mallocs of 2,000 evaluations", $2, 0, ""); next }
$1 == "compile_us" { at_most("cel.compile and check of E1", $2, 50, "us"); next }
$1 == "events" { bar("cel.events of 1 KB with 100 rules", $2, 50000, "/s"); next }
NF == 3 {
    least = $1 == "@marcbachmann/cel-js" ? 5 : $1 == "@bufbuild/cel" ? 30 : \
            $1 == "json-logic-js" ? 15 : $1 == "json-rules-engine" ? 80 : 0
    bar("cel.e1 / " $1, e1 / $2, least, "times")
    bar("cel.e2 / " $1, e2 / $3, least, "times")
}
END { exit missed > 0 }'
