// SPDX-License-Identifier: Apache-2.0
// server.h - another server on the shop's store, and a round of a job in it.
//
// Layer: tests.
#pragma once

#include "shop.h"

#include "flow/work.h"
#include "jobs/jobs.h"

#include <pthread.h>

// With the shop's clock.
struct server {
    struct env env;
    struct store *store;
    struct flow flow;
    struct id_source ids;
    struct workers *workers;
};

void server_open(struct test_shop *shop, struct server *server);
void server_close(struct server *server);
// Fails the test when the auditor finds anything.  public_key: of the seals; NULL: their signatures
// are not checked.
void server_audit(struct test_shop *shop, const uint8_t *public_key);

// A round for one tenant, and who waits for it.
struct round {
    struct work work; // first
    job_run *run;
    int64_t tenant_id;
    struct job_round did;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool done;
    enum err outcome;
};

void round_start(struct round *round, struct server *server, job_run *run, int64_t tenant_id);
// Fails the test when the round failed.
struct job_round round_end(struct round *round);
