#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# http_empty.sh TESTD - requests per second of an empty authenticated POST that is suspended, run on
# the writer thread in a transaction that does nothing, and resumed: what HTTP costs us.  Reference:
# nginx with one worker and "return 200", in the same run.  Prints: name value unit ratio reference.
# A second line compares the processor time of a request, which says more on a busy machine.
#
# Server on the first core, wrk on the second; rounds take turns; medians are compared.
set -eu
testd=$1
here=$(cd "$(dirname "$0")" && pwd)
connections=${CONNECTIONS:-64}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-2}
folder=$(mktemp -d)
pids=
cleanup() {
    for pid in $pids; do kill "$pid" 2>/dev/null || :; done
    rm -rf "$folder"
}
trap cleanup EXIT

on_core() { # CORE COMMAND...: pinned where that is possible
    core=$1
    shift
    if [ "$(nproc)" -gt 1 ]; then exec taskset -c "$core" "$@"; else exec "$@"; fi
}

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

nginx_port=$(free_port)
cat >"$folder/nginx.conf" <<CONF
worker_processes 1; daemon off; pid $folder/pid; error_log $folder/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path $folder/b;
  proxy_temp_path $folder/p; fastcgi_temp_path $folder/f; uwsgi_temp_path $folder/u;
  scgi_temp_path $folder/s;
  server { listen 127.0.0.1:$nginx_port backlog=1024; location / { return 200 "{}"; } } }
CONF
(on_core 0 "$(command -v nginx || echo /usr/sbin/nginx)" -p "$folder" -c "$folder/nginx.conf") &
nginx_pid=$!
pids="$pids $nginx_pid"
(on_core 0 "$testd" --rate-percent 0) >"$folder/testd" &
our_pid=$!
pids="$pids $our_pid"
tries=0
until grep -q listening "$folder/testd"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "the server did not start" >&2; exit 1; }
    sleep 0.1
done
HABITUE_KEY=$(sed -n 's/^key all //p' "$folder/testd")
export HABITUE_KEY
port=$(sed -n 's/.*127.0.0.1:\([0-9]*\)$/\1/p' "$folder/testd")

ticks() { # PID: processor time of it and its children, in hundredths of a second
    { echo "$1"; pgrep -P "$1" || :; } | sed 's,.*,/proc/&/stat,' | xargs cat |
        awk '{ n += $14 + $15 } END { print n }'
}

one() { # NAME PID PORT PATH: a line to NAME.rps and one to NAME.us
    before=$(ticks "$2")
    on_core 1 wrk -t1 -c"$connections" -d"${seconds}s" --latency -s "$here/http_empty.lua" \
        "http://127.0.0.1:$3$4" >"$folder/out" &
    wait $!
    after=$(ticks "$2")
    if grep -q 'Non-2xx\|Socket errors' "$folder/out"; then
        cat "$folder/out" >&2
        exit 1
    fi
    sed -n 's/^Requests\/sec: *//p' "$folder/out" >>"$folder/$1.rps"
    awk -v t=$((after - before)) '/requests in/ { print t * 10000 / $1 }' "$folder/out" \
        >>"$folder/$1.us"
}

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }

i=0
while [ $i -lt "$rounds" ]; do
    one nginx "$nginx_pid" "$nginx_port" /
    one ours "$our_pid" "$port" /v1/empty
    i=$((i + 1))
done
awk -v c="$connections" \
    -v a="$(median "$folder/ours.rps")" -v b="$(median "$folder/nginx.rps")" \
    -v d="$(median "$folder/ours.us")" -v e="$(median "$folder/nginx.us")" 'BEGIN {
    printf "http_empty_post_c%d %.0f requests/s %.2f nginx_return_200=%.0f\n", c, a, a / b, b
    printf "http_empty_post_cpu_c%d %.2f us/request %.2f nginx_return_200=%.2f\n", c, d, e / d, e }'
