// SPDX-License-Identifier: Apache-2.0
// Laws of base/metrics.h.
#include "base/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *written(struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, arena);
    metrics_write(&buf);
    return str_c(arena, buf_text(&buf));
}

static void test_counters_and_gauges_are_written(void **state)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    metric_add(METRIC_HTTP_REPLIES_2XX, 3);
    metric_set(METRIC_HTTP_CONNECTIONS, 7);
    metric_add(METRIC_HTTP_CONNECTIONS, -2);
    const char *text = written(&arena);
    assert_non_null(strstr(text, "\nhabitue_http_replies_total{class=\"2xx\"} 3\n"));
    assert_non_null(strstr(text, "\nhabitue_http_connections 5\n"));
    const char *type = strstr(text, "# TYPE habitue_http_replies_total counter");
    assert_non_null(type);
    assert_null(strstr(type + 1, "# TYPE habitue_http_replies_total"));
    arena_release(&arena);
}

static void test_histogram_is_cumulative_and_its_bounds_inclusive(void **state)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    metric_observe_us(METRIC_HTTP_WRITE_SECONDS, 500);
    metric_observe_us(METRIC_HTTP_WRITE_SECONDS, 501);
    metric_observe_us(METRIC_HTTP_WRITE_SECONDS, 60000000);
    const char *text = written(&arena);
    assert_non_null(strstr(text, "_bucket{lane=\"write\",le=\"0.0005\"} 1\n"));
    assert_non_null(strstr(text, "_bucket{lane=\"write\",le=\"0.001\"} 2\n"));
    assert_non_null(strstr(text, "_bucket{lane=\"write\",le=\"10\"} 2\n"));
    assert_non_null(strstr(text, "_bucket{lane=\"write\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(text, "_sum{lane=\"write\"} 60.001001\n"));
    assert_non_null(strstr(text, "_count{lane=\"write\"} 3\n"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_and_gauges_are_written),
        cmocka_unit_test(test_histogram_is_cumulative_and_its_bounds_inclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
