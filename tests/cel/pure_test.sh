#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The objects that evaluation runs through import nothing that does I/O, reads a clock or allocates
# outside of the arena.  Loading a zone (tz_load) and compiling a pattern (pcre2_compile) are
# reached only by the prepare functions, which cel_compile calls.
#
#   pure_test.sh LIBRARY
set -eu
evaluation='(^|/)(run|eval|eval_op|eval_macro|fn_[a-z]+|value)\.c\.o:$'
ours='cel_.*|arena_.*|buf_.*|str_.*|civil_.*|tz_.*|sort_stable|muldiv|check_failed'
libc='mem(cpy|cmp|chr|set|mem|move)|str(len|chr|tod|tol)|__isoc[0-9]*_strtol|v?snprintf'
compiler='__v?snprintf_chk|__mem[a-z]*_chk|__stack_chk_fail|__asan.*|__ubsan.*|_GLOBAL.*'
compiler="$compiler|__[a-z]*ti[0-9]"
others='ceil|floor|round|trunc|sqrt|pcre2_.*'
wrong=$(nm -u "$1" 2>/dev/null | awk -v wanted="$evaluation" '
    /:$/ { inside = $0 ~ wanted; next }
    inside && NF == 2 { print $2 }' | sort -u | grep -Evx "$ours|$libc|$compiler|$others" || true)
[ -z "$wrong" ] || {
    echo "evaluation imports: $wrong"
    exit 1
}
# The pattern must have matched the objects.
[ "$(nm -u "$1" 2>/dev/null | grep -Ec "$evaluation")" -ge 8 ]
