// SPDX-License-Identifier: Apache-2.0
// limiter.h - token buckets: how often one caller may call.
//
// A fixed table, so that nobody can make it grow.  When too many callers are there at once the
// bucket that was idle longest is forgotten: it would be full again soon anyway.
//
//   L1  A caller who stays below the rate is never refused; a burst may use the whole bucket.
//
// Belongs to the HTTP thread.  Layer: api.  Tests: tests/api/guard_test.c
#pragma once

#include "base/text.h"

struct limiter;

struct limit_verdict {
    bool allowed;
    int64_t limit;     // size of the bucket
    int64_t remaining; // calls left in it
    int64_t reset_s;   // until it is full
    int64_t retry_s;   // until the next call is allowed; 0 when it was
};

// The arena owns it.
struct limiter *limiter_new(struct arena *arena);

// Takes one token of the bucket (caller, class); caller is any number that stands for one.
struct limit_verdict limiter_take(struct limiter *limiter, uint64_t caller, unsigned class,
                                  int64_t per_second, int64_t burst, int64_t monotonic_us);
