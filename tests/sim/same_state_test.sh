#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same seed ends in the same state: on SQLite and on PostgreSQL, with one operation in a
# transaction and with up to fifty.  Each run compares with the model after every operation and ends
# with the auditor; what is compared here is everything that is stored, part by part.
#
#   same_state_test.sh SIM SEEDS OPS
set -u

base=${TMPDIR:-/tmp}
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || base=/dev/shm
folder=$(mktemp -d "$base/habitue-same-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"

# run BACKEND BATCH
run() {
    if TEST_BACKEND=$1 "$sim" --flow --seeds "$seeds" --ops "$ops" --batch "$2" --hashes \
        >"$folder/$1-$2" 2>&1; then
        grep '^seed' "$folder/$1-$2" >"$folder/$1-$2.states"
    else
        echo "$1, at most $2 in a transaction:"
        grep -v "^seed [0-9]* [a-z_]* [0-9]* rows" "$folder/$1-$2" | tail -n 60
    fi
}

sim=$1 seeds=$2 ops=$3
for batch in 50 1; do
    run sqlite "$batch" &
    run postgres "$batch" &
    wait
done

n=$(awk '{ print $2 }' "$folder/sqlite-50.states" | uniq | wc -l)
[ "$n" -gt 0 ] || exit 1
failed=0
for other in sqlite-1 postgres-50 postgres-1; do
    diff "$folder/sqlite-50.states" "$folder/$other.states" >"$folder/diff" || {
        echo "sqlite-50 (<) and $other (>) end in different states:"
        head -n 40 "$folder/diff"
        failed=1
    }
    tail -n 1 "$folder/$other"
done
n_parts=$(wc -l <"$folder/sqlite-50.states")
[ "$failed" = 0 ] && echo "$n seeds end in the same state: $n_parts parts"
