/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of HTTP/1.1 (RFC 9112) as a client needs that posts a small document and reads a small answer. */
#pragma once

#include <stdbool.h>

#include "proto/base/addr.h"
#include "proto/base/out.h"

enum { HTTP_REPLY_MAX = 65536 };

struct http_reply {
	unsigned status;
	struct span body; /* into the text that was parsed */
};

/* A POST of one document; the connection is not kept. */
void http_print_post(struct out *o, const struct addr *host, struct span path, const char *type, struct span body);
/* The whole reply, or ERR_MORE; closed: nothing more will come. ERR_SYNTAX; ERR_UNSUPPORTED for a transfer coding. */
int http_parse_reply(struct span text, bool closed, struct http_reply *r);
