// SPDX-License-Identifier: Apache-2.0
// standin.c - a store for the test server.
#include "standin.h"

#include "flow/idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct note notes[NOTES_MAX];
int n_notes;

// ---- workers

struct lane {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t some;
    struct work *first, **end;
    bool writable, stop;
};

struct workers {
    struct lane write, read;
    _Atomic int waiting;
};

static struct workers all;

// A batch is all that waits; done comes after the whole batch ran, as after a commit.
static void run_batch(struct lane *lane, struct work *first)
{
    for (struct work *work = first; work; work = work->next) {
        struct tx tx = {.n_notes = n_notes, .writable = lane->writable};
        work->outcome = work->run(work, &tx);
        if (work->outcome && lane->writable)
            n_notes = tx.n_notes;
    }
    while (first) {
        struct work *next = first->next;
        all.waiting--;
        first->done(first, first->outcome);
        first = next;
    }
}

static void *run_lane(void *arg)
{
    struct lane *lane = arg;
    pthread_mutex_lock(&lane->mutex);
    for (;;) {
        while (!lane->first && !lane->stop)
            pthread_cond_wait(&lane->some, &lane->mutex);
        struct work *first = lane->first;
        if (!first)
            break;
        lane->first = NULL;
        lane->end = &lane->first;
        pthread_mutex_unlock(&lane->mutex);
        run_batch(lane, first);
        pthread_mutex_lock(&lane->mutex);
    }
    pthread_mutex_unlock(&lane->mutex);
    return NULL;
}

static void start_lane(struct lane *lane, bool writable)
{
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->some, NULL);
    lane->end = &lane->first;
    lane->writable = writable;
    CHECK(pthread_create(&lane->thread, NULL, run_lane, lane) == 0);
}

static void stop_lane(struct lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    lane->stop = true;
    pthread_cond_signal(&lane->some);
    pthread_mutex_unlock(&lane->mutex);
    pthread_join(lane->thread, NULL);
}

void standin_start(void)
{
    start_lane(&all.write, true);
    start_lane(&all.read, false);
}

void standin_stop(void)
{
    stop_lane(&all.write);
    stop_lane(&all.read);
}

static void queue(struct lane *lane, struct work *work)
{
    all.waiting++;
    work->next = NULL;
    pthread_mutex_lock(&lane->mutex);
    bool sleeping = !lane->first;
    *lane->end = work;
    lane->end = &work->next;
    pthread_mutex_unlock(&lane->mutex);
    if (sleeping)
        pthread_cond_signal(&lane->some);
}

void workers_write(struct workers *workers, struct work *work)
{
    queue(&all.write, work);
}

void workers_read(struct workers *workers, struct work *work)
{
    queue(&all.read, work);
}

int workers_waiting(struct workers *workers)
{
    return all.waiting;
}

// ---- keys

#define KEYS_MAX 256

static struct {
    struct hash hash;
    struct key_facts facts;
    bool revoked;
} keys[KEYS_MAX];
static int n_keys;
static _Atomic uint64_t generation;
static pthread_mutex_t keys_mutex = PTHREAD_MUTEX_INITIALIZER;

static enum err find_key(void *ctx, struct tx *tx, const struct key_ref *key,
                         struct key_facts *ret_facts)
{
    enum err e = ERR_NOT_FOUND;
    pthread_mutex_lock(&keys_mutex);
    for (int i = 0; i < n_keys; i++) {
        if (keys[i].revoked || !api_key_hash_eq(&keys[i].hash, &key->hash) ||
            keys[i].facts.tenant_id != key->tenant_id)
            continue;
        *ret_facts = keys[i].facts;
        e = OK;
    }
    pthread_mutex_unlock(&keys_mutex);
    return e;
}

static uint64_t generation_of(void *ctx)
{
    return generation << 32; // a change, not time that goes by
}

struct key_source standin_keys(void)
{
    return (struct key_source){.find = find_key, .generation = generation_of};
}

void standin_add_key(const char *text, int64_t tenant_id, int64_t key_id, uint64_t scopes)
{
    pthread_mutex_lock(&keys_mutex);
    CHECK(n_keys < KEYS_MAX);
    api_key_hash(str_of(text), &keys[n_keys].hash);
    keys[n_keys].facts =
        (struct key_facts){.tenant_id = tenant_id, .key_id = key_id, .scopes = scopes};
    n_keys++;
    generation++;
    pthread_mutex_unlock(&keys_mutex);
}

void standin_revoke_keys_of(int64_t tenant_id)
{
    pthread_mutex_lock(&keys_mutex);
    for (int i = 0; i < n_keys; i++)
        keys[i].revoked |= keys[i].facts.tenant_id == tenant_id;
    generation++;
    pthread_mutex_unlock(&keys_mutex);
}

// ---- idempotency: on the writer thread only

struct stored {
    struct stored *next;
    int64_t tenant_id, key_id;
    struct str key;
    struct hash fingerprint;
    int status;
    struct str body;
};

static struct stored *stored;

static struct str copy(struct str s)
{
    char *bytes = malloc(s.n + 1);
    if (s.n)
        memcpy(bytes, s.p, s.n);
    return (struct str){bytes, s.n};
}

enum err idempotency_foresee(struct tx *tx, const struct idempotency *idempotency)
{
    return OK;
}

enum err idempotency_begin(struct tx *tx, struct arena *arena,
                           const struct idempotency *idempotency, struct stored_reply *ret_reply)
{
    for (struct stored *s = stored; s; s = s->next) {
        if (s->tenant_id != idempotency->tenant_id || s->key_id != idempotency->key_id ||
            !str_eq(s->key, idempotency->key))
            continue;
        if (memcmp(&s->fingerprint, &idempotency->fingerprint, sizeof s->fingerprint) != 0)
            return ERR_IDEMPOTENCY_KEY_REUSED;
        *ret_reply = (struct stored_reply){s->status, str_dup(arena, s->body)};
        return OK;
    }
    *ret_reply = (struct stored_reply){0};
    return OK;
}

enum err idempotency_finish(struct tx *tx, const struct idempotency *idempotency,
                            const struct final_reply *reply)
{
    struct stored *s = malloc(sizeof *s);
    *s = (struct stored){stored,
                         idempotency->tenant_id,
                         idempotency->key_id,
                         copy(idempotency->key),
                         idempotency->fingerprint,
                         reply->status,
                         copy(reply->body)};
    stored = s;
    return OK;
}

enum err idempotency_refuse(struct tx *tx, const struct idempotency *idempotency, int status,
                            struct str body)
{
    n_notes = tx->n_notes;
    return idempotency_finish(tx, idempotency,
                              &(struct final_reply){.status = status, .body = body});
}
