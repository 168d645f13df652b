// SPDX-License-Identifier: Apache-2.0
// reply.h - the router's side of replies: problems, and the start of a run.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#pragma once

#include "api/request.h"

// Forgets what an earlier run left: reply, problem, detail.
void reply_reset(struct request *req);

// The reply becomes application/problem+json (RFC 9457) for this error, whatever was begun before.
void reply_problem(struct request *req, enum err err);
