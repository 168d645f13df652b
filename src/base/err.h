// SPDX-License-Identifier: Apache-2.0
// err.h - the one error type.
//
// Every function that can fail returns enum err, 0 (OK) when it did not.  Refusals and faults are
// listed in catalog/errors.def; bugs are not errors, they are CHECKs.
//
// Layer: base.  Tests: tests/base/err_test.c
#pragma once

#include "base/check.h"

enum err {
    OK = 0,
#define ERROR(number, name, code, http_status, title) ERR_##name = number,
#include "errors.def"
#undef ERROR
};

struct err_info {
    enum err err;
    int http_status;
    const char *code;
    const char *title;
};

// The line of the catalogue, never NULL; an unknown number gives the line of ERR_INTERNAL.
const struct err_info *err_info(enum err err);
// All lines, in the catalogue's order.
const struct err_info *err_table(unsigned *ret_n);
