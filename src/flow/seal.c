// SPDX-License-Identifier: Apache-2.0
// seal.c - making a seal: a Merkle tree over the heads of all chains, signed and chained.
//
// Layer: flow.  Tests: tests/flow/seal_test.c
#include "flow/seal.h"

#include "base/buf.h"
#include "base/calendar.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADS_PAGE 500
#define LEVELS_MAX 63
// Longer than a transaction that writes lasts, and than the clocks of servers are apart.
#define SETTLED_US (60 * SECOND_US)

enum chain_kind { CHAIN_LEDGER = 1, CHAIN_AUDIT = 2 };

// ---- the key file

static bool read_hex(const char text[2 * SIGN_SEED_BYTES], uint8_t seed[SIGN_SEED_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SIGN_SEED_BYTES; i++) {
        const char *high = text[2 * i] ? strchr(digits, text[2 * i]) : NULL;
        const char *low = text[2 * i + 1] ? strchr(digits, text[2 * i + 1]) : NULL;
        if (!high || !low)
            return false;
        seed[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static enum err read_key(int file, struct sign_key *ret_key)
{
    struct stat info;
    char text[2 * SIGN_SEED_BYTES];
    uint8_t seed[SIGN_SEED_BYTES];
    if (fstat(file, &info))
        return ERR_FILE_UNREADABLE;
    if (info.st_mode & 077)
        return ERR_CONFIG_INVALID;
    if (read(file, text, sizeof text) != sizeof text || !read_hex(text, seed))
        return ERR_CONFIG_INVALID;
    sign_key_of_seed(seed, ret_key);
    return OK;
}

static bool write_key(int file, const struct sign_key *key)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * SIGN_SEED_BYTES + 1];
    for (size_t i = 0; i < SIGN_SEED_BYTES; i++) {
        text[2 * i] = digits[key->seed[i] >> 4];
        text[2 * i + 1] = digits[key->seed[i] & 15];
    }
    text[2 * SIGN_SEED_BYTES] = '\n';
    return write(file, text, sizeof text) == sizeof text && fsync(file) == 0;
}

static enum err make_key(const struct env *env, const char *path, struct sign_key *ret_key)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return ERR_FILE_UNREADABLE;
    sign_key_new(env, ret_key);
    bool good = write_key(file, ret_key);
    good = close(file) == 0 && good;
    if (!good)
        unlink(path);
    return good ? OK : ERR_FILE_UNREADABLE;
}

static enum err open_key(const char *path, struct sign_key *ret_key)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_FILE_UNREADABLE;
    enum err e = read_key(file, ret_key);
    close(file);
    return e;
}

static const char *key_path(struct arena *arena, struct str data_dir)
{
    arena_init(arena, 16384);
    return str_c(arena, str_printf(arena, "%.*s/" SEAL_KEY_FILE, STR_FMT(data_dir)));
}

enum err seal_key_find(struct str data_dir, struct sign_key *ret_key)
{
    struct arena arena;
    enum err e = open_key(key_path(&arena, data_dir), ret_key);
    arena_release(&arena);
    return e;
}

enum err seal_key_load(const struct env *env, struct str data_dir, struct sign_key *ret_key)
{
    struct arena arena;
    const char *path = key_path(&arena, data_dir);
    enum err e = open_key(path, ret_key);
    if (e == ERR_NOT_FOUND)
        e = make_key(env, path, ret_key);
    arena_release(&arena);
    return e;
}

// ---- the tree

// Roots of full subtrees, the largest first: one for each bit of n.
struct tree {
    struct hash roots[LEVELS_MAX];
    uint64_t n;
    int64_t n_rows;
};

static void put_number(uint8_t bytes[8], int64_t number)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)number >> (8 * (7 - i)));
}

static struct hash join(const struct hash *left, const struct hash *right)
{
    uint8_t bytes[65] = {1};
    memcpy(bytes + 1, left->b, 32);
    memcpy(bytes + 33, right->b, 32);
    return hash_sha256(bytes, sizeof bytes);
}

static void tree_add(struct tree *tree, enum chain_kind kind, const struct chain_head *head)
{
    uint8_t bytes[2 + 16 + 8 + 32] = {0, (uint8_t)kind};
    memcpy(bytes + 2, head->owner_id.b, 16);
    put_number(bytes + 18, head->seq);
    memcpy(bytes + 26, head->hash.b, 32);
    struct hash hash = hash_sha256(bytes, sizeof bytes);
    int depth = 0;
    while (tree->n >> depth & 1) {
        hash = join(&tree->roots[depth], &hash);
        depth++;
    }
    CHECK(depth < LEVELS_MAX);
    tree->roots[depth] = hash;
    tree->n++;
    tree->n_rows += head->seq;
}

static struct hash tree_root(const struct tree *tree)
{
    CHECK(tree->n > 0);
    int depth = 0;
    while (!(tree->n >> depth & 1))
        depth++;
    struct hash root = tree->roots[depth];
    for (depth++; depth < LEVELS_MAX; depth++)
        if (tree->n >> depth & 1)
            root = join(&tree->roots[depth], &root);
    return root;
}

// ---- the heads

// What came after the instant is not of the seal.
static enum err add_ledger(struct tx *tx, int64_t tenant_id, int64_t at_us, struct chain_head *head,
                           struct tree *tree)
{
    enum err e = OK;
    if (head->recorded_us > at_us)
        e = store_ledger_head_get(tx->db, tenant_id, head->owner_id, at_us, &tx->arena, head);
    if (!e)
        tree_add(tree, CHAIN_LEDGER, head);
    return e == ERR_NOT_FOUND ? OK : e; // it began later
}

static enum err add_ledgers(struct tx *tx, int64_t tenant_id, int64_t at_us, struct arena *arena,
                            struct tree *tree)
{
    struct id after = ID_NIL;
    for (;;) {
        struct chain_head *heads;
        size_t n;
        arena_clear(arena);
        enum err e =
            store_ledger_head_list(tx->db, tenant_id, after, HEADS_PAGE, arena, &heads, &n);
        for (size_t i = 0; !e && i < n; i++)
            e = add_ledger(tx, tenant_id, at_us, &heads[i], tree);
        if (e || n < HEADS_PAGE)
            return e;
        after = heads[n - 1].owner_id;
    }
}

static enum err add_trail(struct tx *tx, int64_t tenant_id, int64_t at_us, struct chain_head *head,
                          struct tree *tree)
{
    enum err e = OK;
    if (head->recorded_us > at_us)
        e = store_audit_head_get(tx->db, tenant_id, head->owner_id, at_us, &tx->arena, head);
    if (!e)
        tree_add(tree, CHAIN_AUDIT, head);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err add_trails(struct tx *tx, int64_t tenant_id, int64_t at_us, struct arena *arena,
                           struct tree *tree)
{
    struct id after = ID_NIL;
    const struct id *from = NULL; // the tenant's own trail is the nil one's
    for (;; from = &after) {
        struct chain_head *heads;
        size_t n;
        arena_clear(arena);
        enum err e = store_audit_head_list(tx->db, tenant_id, from, HEADS_PAGE, arena, &heads, &n);
        for (size_t i = 0; !e && i < n; i++)
            e = add_trail(tx, tenant_id, at_us, &heads[i], tree);
        if (e || n < HEADS_PAGE)
            return e;
        after = heads[n - 1].owner_id;
    }
}

// ---- the seal

#define SEAL_TAG "habitue seal 1"

static struct str seal_bytes(struct arena *arena, int64_t tenant_id, const struct seal_row *seal)
{
    const int64_t numbers[] = {tenant_id, seal->seal_no, seal->at_us, seal->n_chains, seal->n_rows};
    struct buf bytes;
    buf_init(&bytes, arena);
    buf_put(&bytes, SEAL_TAG, sizeof SEAL_TAG);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint8_t number[8];
        put_number(number, numbers[i]);
        buf_put(&bytes, number, sizeof number);
    }
    buf_put(&bytes, seal->root.b, sizeof seal->root.b);
    buf_put(&bytes, seal->previous.b, sizeof seal->previous.b);
    return buf_text(&bytes);
}

// S2.  A seal's hash is that of the bytes it signs.  Nothing new is no seal.
static enum err follow(struct tx *tx, int64_t tenant_id, struct arena *arena, struct seal_row *seal)
{
    struct seal_row before;
    enum err e = store_seal_get_latest(tx->db, tenant_id, arena, &before);
    if (e == ERR_NOT_FOUND) {
        seal->seal_no = 1;
        return OK;
    }
    if (e)
        return e;
    struct str bytes = seal_bytes(arena, tenant_id, &before);
    seal->seal_no = before.seal_no + 1;
    seal->previous = hash_sha256(bytes.p, bytes.n);
    bool is_new = before.n_rows != seal->n_rows || before.n_chains != seal->n_chains;
    bool is_later = before.at_us < seal->at_us; // not when another server has just sealed
    return is_new && is_later ? OK : ERR_NOT_FOUND;
}

// S1: whatever comes next is later.
static void step_clock(struct tx *tx)
{
    tx->now_us++;
    long long last = atomic_load(&tx->flow->last_us);
    while (last < tx->now_us &&
           !atomic_compare_exchange_weak(&tx->flow->last_us, &last, tx->now_us))
        ;
}

static enum err make_seal(struct tx *tx, int64_t tenant_id, const struct sign_key *key,
                          struct arena *arena, struct seal_row *seal)
{
    struct tree tree = {0};
    enum err e = tx_save(tx); // the heads are read from what is stored
    if (!e)
        e = add_ledgers(tx, tenant_id, seal->at_us, arena, &tree);
    if (!e)
        e = add_trails(tx, tenant_id, seal->at_us, arena, &tree);
    if (!e && tree.n == 0)
        e = ERR_NOT_FOUND;
    if (e)
        return e;
    seal->n_chains = (int64_t)tree.n;
    seal->n_rows = tree.n_rows;
    e = follow(tx, tenant_id, arena, seal);
    if (e)
        return e;
    seal->root = tree_root(&tree);
    struct str bytes = seal_bytes(arena, tenant_id, seal);
    uint8_t *signature = arena_new(&tx->arena, SIGN_BYTES);
    sign_make(key, bytes.p, bytes.n, signature);
    seal->signature = (struct str){(const char *)signature, SIGN_BYTES};
    return tx_wrote(tx, store_seal_insert(tx->db, tenant_id, seal));
}

static enum err seal_as_of(struct tx *tx, int64_t tenant_id, int64_t at_us,
                           const struct sign_key *key, struct seal_row *ret_seal)
{
    struct arena arena; // of one page of heads
    arena_init(&arena, (size_t)1 << 24);
    struct seal_row seal = {.at_us = at_us};
    enum err e = make_seal(tx, tenant_id, key, &arena, &seal);
    arena_release(&arena);
    if (!e)
        *ret_seal = seal;
    return e;
}

enum err flow_seal(struct tx *tx, int64_t tenant_id, const struct sign_key *key,
                   struct seal_row *ret_seal)
{
    enum err e = seal_as_of(tx, tenant_id, tx->now_us, key, ret_seal);
    if (!e)
        step_clock(tx);
    return e;
}

enum err flow_seal_settled(struct tx *tx, int64_t tenant_id, const struct sign_key *key,
                           struct seal_row *ret_seal)
{
    if (!store_is_shared(tx->flow->store))
        return flow_seal(tx, tenant_id, key, ret_seal);
    return seal_as_of(tx, tenant_id, tx->now_us - SETTLED_US, key, ret_seal);
}
