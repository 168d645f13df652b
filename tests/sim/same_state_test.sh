#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same seed ends in the same state on SQLite and on PostgreSQL.
#
#   same_state_test.sh SIM SEEDS OPS
set -u

folder=$(mktemp -d "${TMPDIR:-/tmp}/habitue-same-XXXXXX")
trap 'rm -rf "$folder"' EXIT
for backend in sqlite postgres; do
    TEST_BACKEND=$backend "$1" --flow --seeds "$2" --ops "$3" --hashes \
        >"$folder/$backend" || {
        cat "$folder/$backend"
        exit 1
    }
    grep '^seed' "$folder/$backend" >"$folder/$backend.states"
done
n=$(wc -l <"$folder/sqlite.states")
[ "$n" -gt 0 ] || exit 1
diff "$folder/sqlite.states" "$folder/postgres.states" && echo "$n seeds end in the same state"
