// SPDX-License-Identifier: Apache-2.0
// metrics.c - counters, gauges and histograms of the process.
//
// Layer: base.  Tests: tests/base/metrics_test.c
#include "base/metrics.h"

#include <stdatomic.h>

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

static const struct {
    enum metric_type type;
    const char *name;
    const char *labels;
    const char *help;
} table[N_METRICS] = {
#define METRIC(type, NAME, name, labels, help) {type, name, labels, help},
#include "metrics.def"
#undef METRIC
};

static const int64_t bucket_us[] = {500,    1000,   2500,   5000,    10000,   25000,   50000,
                                    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
#define N_BUCKETS (sizeof bucket_us / sizeof bucket_us[0])

static struct {
    _Atomic int64_t value; // of a histogram: the count
    _Atomic int64_t sum_us;
    _Atomic int64_t buckets[N_BUCKETS]; // each counts its own range; added up when written
} cells[N_METRICS];

static void add(_Atomic int64_t *cell, int64_t n)
{
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

static int64_t get(_Atomic int64_t *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed);
}

void metric_add(enum metric metric, int64_t n)
{
    CHECK(metric < N_METRICS && table[metric].type != HISTOGRAM);
    add(&cells[metric].value, n);
}

void metric_set(enum metric metric, int64_t value)
{
    CHECK(metric < N_METRICS && table[metric].type == GAUGE);
    atomic_store_explicit(&cells[metric].value, value, memory_order_relaxed);
}

void metric_observe_us(enum metric metric, int64_t us)
{
    CHECK(metric < N_METRICS && table[metric].type == HISTOGRAM);
    size_t i = 0;
    while (i < N_BUCKETS && us > bucket_us[i])
        i++;
    if (i < N_BUCKETS)
        add(&cells[metric].buckets[i], 1);
    add(&cells[metric].sum_us, us);
    add(&cells[metric].value, 1);
}

int64_t metric_value(enum metric metric)
{
    CHECK(metric < N_METRICS);
    return get(&cells[metric].value);
}

static void write_head(enum metric m, struct buf *buf)
{
    static const char *const words[] = {"counter", "gauge", "histogram"};
    if (m > 0 && str_eq(str_of(table[m].name), str_of(table[m - 1].name)))
        return;
    buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", table[m].name, table[m].help, table[m].name,
               words[table[m].type]);
}

static void write_histogram(enum metric m, struct buf *buf)
{
    const char *labels = table[m].labels;
    const char *comma = labels[0] ? "," : "";
    // What is still being counted must not make +Inf smaller than a bucket.
    int64_t total = get(&cells[m].value), below = 0;
    for (size_t i = 0; i < N_BUCKETS; i++) {
        below += get(&cells[m].buckets[i]);
        buf_printf(buf, "%s_bucket{%s%sle=\"%g\"} %lld\n", table[m].name, labels, comma,
                   (double)bucket_us[i] / 1e6, (long long)below);
    }
    if (total < below)
        total = below;
    buf_printf(buf, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", table[m].name, labels, comma,
               (long long)total);
    buf_printf(buf, "%s_sum{%s} %.6f\n%s_count{%s} %lld\n", table[m].name, labels,
               (double)get(&cells[m].sum_us) / 1e6, table[m].name, labels, (long long)total);
}

void metrics_write(struct buf *buf)
{
    for (enum metric m = 0; m < N_METRICS; m++) {
        write_head(m, buf);
        if (table[m].type == HISTOGRAM)
            write_histogram(m, buf);
        else if (table[m].labels[0])
            buf_printf(buf, "%s{%s} %lld\n", table[m].name, table[m].labels,
                       (long long)metric_value(m));
        else
            buf_printf(buf, "%s %lld\n", table[m].name, (long long)metric_value(m));
    }
}
