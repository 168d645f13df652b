// SPDX-License-Identifier: Apache-2.0
// metrics.h - counters, gauges and histograms of the process, from catalog/metrics.def.
//
// Any thread may count at any time: every cell is one relaxed atomic.  A scrape is therefore no
// snapshot, but each of its numbers was true at some moment of it.
//
// Layer: base.  Tests: tests/base/metrics_test.c
#pragma once

#include "base/buf.h"

enum metric {
#define METRIC(type, NAME, name, labels, help) METRIC_##NAME,
#include "metrics.def"
#undef METRIC
    N_METRICS
};

void metric_add(enum metric metric, int64_t n);     // counter, gauge
void metric_set(enum metric metric, int64_t value); // gauge
// Histogram; buckets end at 0.5 ms, 1, 2.5, 5, 10, 25, 50, 100, 250, 500 ms, 1 s, 2.5, 5, 10 s.
void metric_observe_us(enum metric metric, int64_t us);
int64_t metric_value(enum metric metric); // of a histogram: how many were observed

// Prometheus text format 0.0.4.
void metrics_write(struct buf *buf);
