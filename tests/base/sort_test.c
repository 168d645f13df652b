// SPDX-License-Identifier: Apache-2.0
// sort_test.c - laws of src/base/sort.h.
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct item {
    int key;
    int place;
};

static int order_keys(const void *a, const void *b, void *ctx)
{
    int direction = *(const int *)ctx;
    const struct item *left = a;
    const struct item *right = b;
    return direction * ((left->key > right->key) - (left->key < right->key));
}

static void test_sort_orders_and_keeps_equal_items_in_place(void **state)
{
    (void)state;
    unsigned seed = 1;
    struct item items[100];
    struct item scratch[100];
    for (int round = 0; round < 2000; round++) {
        int n = round % 101;
        int direction = round & 1 ? 1 : -1;
        int sum = 0;
        for (int i = 0; i < n; i++) {
            seed = seed * 1103515245U + 12345U;
            items[i] = (struct item){.key = (int)(seed >> 16) % 20, .place = i};
            sum += items[i].key * 1000 + i;
        }
        sort_stable(items, scratch, (size_t)n, sizeof *items, order_keys, &direction);
        for (int i = 0; i < n; i++) {
            sum -= items[i].key * 1000 + items[i].place;
            if (i == 0)
                continue;
            int order = order_keys(&items[i - 1], &items[i], &direction);
            assert_true(order < 0 || (order == 0 && items[i - 1].place < items[i].place));
        }
        assert_int_equal(sum, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort_orders_and_keeps_equal_items_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
