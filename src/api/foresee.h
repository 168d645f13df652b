// SPDX-License-Identifier: Apache-2.0
// foresee.h - what a request that writes is going to read, and about whom it is.
//
// Nothing depends on it but speed: a request of which nothing is said here reads when it needs to.
//
// Layer: api.  Tests: tests/api/two_servers_test.py, tests/flow/foresee_test.c
#pragma once

#include "api/request.h"

// On a writer's thread, before the batch runs: req->tx is set.
MUST_CHECK enum err request_foresee(struct request *req);
// The same number for requests that name the same member in the same way; 0: nobody is named.  On
// the HTTP thread.
uint64_t request_affinity(const struct request *req);
