/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of HTTP/1.1 (RFC 9112) as a client needs that posts a small document and reads a small answer, and a server
 * that answers one request a connection. */
#pragma once

#include <stdbool.h>

#include "proto/base/addr.h"
#include "proto/base/out.h"

enum {
	HTTP_REPLY_MAX = 65536,
	HTTP_REQUEST_MAX = 4096, /* line and headers of a request that we read */
};

struct http_reply {
	unsigned status;
	struct span body; /* into the text that was parsed */
};

/* A POST of one document; the connection is not kept. */
void http_print_post(struct out *o, const struct addr *host, struct span path, const char *type, struct span body);
/* The whole reply, or ERR_MORE; closed: nothing more will come. ERR_SYNTAX; ERR_UNSUPPORTED for a transfer coding. */
int http_parse_reply(struct span text, bool closed, struct http_reply *r);

struct http_request {
	struct span method; /* into the text that was parsed */
	struct span path;   /* the same, or "/"; the target without host and query */
};

/* Line and headers of a request, up to the empty line; a body is not looked at. ERR_MORE while that is not there and
 * may still come; ERR_SYNTAX for anything else, HTTP/2 and HTTP/1.1 without Host (RFC 9112 3.2) too. */
int http_parse_request(struct span text, struct http_request *r);
/* A reply whose connection is not kept. status is 200, 400, 404, 405 (Allow names GET and HEAD), 431 or 503; body
 * follows if with_body, which the answer to HEAD is without. */
void http_print_reply(struct out *o, unsigned status, const char *type, struct span body, bool with_body);
