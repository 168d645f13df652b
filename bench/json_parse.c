// SPDX-License-Identifier: Apache-2.0
// json_parse.c - reading a 405-byte event: our parser into an arena beside jansson in the same run.
// Prints: name value unit ratio reference.
#include "base/env.h"
#include "base/json_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Only what is asked of jansson: its header and base/json_out.h both define json_object.
typedef struct json_t json_t;
json_t *json_loadb(const char *buffer, size_t n, size_t flags, void *error);
void json_delete(json_t *json);
#define JSON_REJECT_DUPLICATES 0x1

#define ROUNDS 7
#define PARSES 20000

static const char event[] =
    "{\"source\":\"till-1\",\"external_id\":\"A-1001\",\"type\":\"order.paid\",\"occurred_at\":"
    "\"2026-11-21T10:00:00+01:00\",\"member\":{\"external_id\":\"17850\"},\"store\":\"paris-1\","
    "\"channel\":\"in_store\",\"order\":{\"currency\":\"EUR\",\"lines\":[{\"id\":\"1\",\"sku\":"
    "\"LATTE\",\"name\":\"Latte\",\"category\":\"drinks\",\"quantity\":2,\"unit_amount\":450},"
    "{\"id\":\"2\",\"sku\":\"CAKE\",\"category\":\"food\",\"quantity\":1,\"unit_amount\":390}],"
    "\"discount\":0,\"tax\":0,\"shipping\":0}}";

static double parse_ours(void)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    int64_t begun = env_monotonic_us(env_system());
    for (int i = 0; i < PARSES; i++) {
        struct problems problems;
        const struct json *value;
        arena_clear(&arena);
        problems_init(&problems, &arena);
        CHECK(json_parse(&arena, ((struct str){event, sizeof event - 1}), &json_limits_request,
                         &problems, &value) == OK);
    }
    int64_t us = env_monotonic_us(env_system()) - begun;
    arena_release(&arena);
    return (double)us / PARSES;
}

static double parse_jansson(void)
{
    int64_t begun = env_monotonic_us(env_system());
    for (int i = 0; i < PARSES; i++) {
        json_t *value = json_loadb(event, sizeof event - 1, JSON_REJECT_DUPLICATES, NULL);
        CHECK(value);
        json_delete(value);
    }
    return (double)(env_monotonic_us(env_system()) - begun) / PARSES;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(void)
{
    double ours[ROUNDS], reference[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = parse_ours();
        reference[i] = parse_jansson();
    }
    qsort(ours, ROUNDS, sizeof ours[0], by_value);
    qsort(reference, ROUNDS, sizeof reference[0], by_value);
    printf("json_parse_event %.2f us/event %.2f jansson=%.2f\n", ours[ROUNDS / 2],
           reference[ROUNDS / 2] / ours[ROUNDS / 2], reference[ROUNDS / 2]);
    return 0;
}
