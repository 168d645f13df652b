// SPDX-License-Identifier: Apache-2.0
// err.c - the catalogue of errors as a table.
//
// Layer: base.  Tests: tests/base/err_test.c
#include "base/err.h"

#include <stddef.h>

static const struct err_info table[] = {
#define ERROR(number, name, code, http_status, title) {ERR_##name, http_status, code, title},
#include "errors.def"
#undef ERROR
};

#define N_ERRORS (sizeof table / sizeof table[0])

const struct err_info *err_info(enum err err)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (table[i].err == err)
            return &table[i];
    return err == ERR_INTERNAL ? &table[0] : err_info(ERR_INTERNAL);
}

const struct err_info *err_table(unsigned *ret_n)
{
    *ret_n = N_ERRORS;
    return table;
}
