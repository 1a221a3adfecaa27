/* SPDX-License-Identifier: BSD-2-Clause */
/* How a daemon's counters leave it as Prometheus text: over HTTP (--metrics) and over the control socket, the same
 * text. */
#pragma once

#include "proto/codec/mgco_xact.h"
#include "proto/codec/prom.h"
#include "proto/io/http_serve.h"

typedef int (*metrics_fn)(void *arg, struct out *text);

/* GET /metrics at at; see http_serve_new(). */
struct http_serve *metrics_serve(struct loop *l, const struct addr *at, metrics_fn print, void *arg);
/* The document of the control command "metrics": {"text": "..."}. An enum err. */
int metrics_reply(metrics_fn print, void *arg, struct out *json);
/* What all daemons have: the version, H.248's counters, and the page's own; s may be NULL. */
void metrics_print_build(struct prom *p);
void metrics_print_h248(struct prom *p, const struct mgco_counters *c);
void metrics_print_serve(struct prom *p, const struct http_serve *s);
