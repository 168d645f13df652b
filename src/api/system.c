// SPDX-License-Identifier: Apache-2.0
// system.c - what operators ask: is it alive, is it ready, how is it doing, what can it do.
//
//   GET /healthz       system_health()
//   GET /readyz        system_ready()
//   GET /metrics       system_metrics()
//   GET /openapi.json  system_openapi()
//
// Layer: api.  Tests: tests/api/testd.http
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/services.h"
#include "base/metrics.h"

static const struct field health_fields[] = {
    FIELD_OUT("status", STR, .required = true, .help = "\"ok\""),
    FIELD_OUT("version", STR, .required = true, .help = "Of the program that answers"),
};
const struct shape shape_health_out = SHAPE_OUT("health", health_fields);

enum err system_health(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_c(out, "status", "ok");
    json_put_c(out, "version", req->services->version);
    json_end(out);
    return OK;
}

// That this runs at all says most of it: it is on a reader thread, in a snapshot of the store.
enum err system_ready(struct request *req)
{
    const struct services *services = req->services;
    enum err e = services->ready ? services->ready(services->ready_ctx) : OK;
    return e ? e : system_health(req);
}

enum err system_metrics(struct request *req)
{
    struct buf text;
    buf_init(&text, req->arena);
    metrics_write(&text);
    reply_text(req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_text(&text));
    return OK;
}

enum err system_openapi(struct request *req)
{
    openapi_write(reply_json(req, 200), req->services->version, req->arena);
    return OK;
}
