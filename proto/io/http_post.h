/* SPDX-License-Identifier: BSD-2-Clause */
/* One HTTP POST over a connection of its own, without blocking the loop. */
#pragma once

#include "proto/codec/http.h"
#include "proto/io/loop.h"

struct http_post;

/* err 0: the reply is there, whatever its status; valid during the callback. Else negative and reply NULL. */
typedef void (*http_done_fn)(void *arg, int err, const struct http_reply *reply);

/* Sends request (as http_print_post() wrote it; copied). done is called once, never before the return; ERR_TIMEOUT when
 * there is no reply within timeout_ms. NULL out of memory. */
struct http_post *http_post_new(struct loop *l, const struct addr *to, struct span request, unsigned timeout_ms,
                                http_done_fn done, void *arg);
/* Takes it back; legal in done and with NULL. It must be called after done, too. */
void http_post_free(struct http_post *p);
