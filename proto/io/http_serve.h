/* SPDX-License-Identifier: BSD-2-Clause */
/* One page over HTTP for programs that collect it: GET and HEAD, one request a connection, a few connections. */
#pragma once

#include "proto/base/addr.h"
#include "proto/base/out.h"
#include "proto/io/loop.h"

struct http_serve;

enum {
	HTTP_SERVE_CLIENTS = 8,       /* at a time; others wait in the kernel */
	HTTP_SERVE_BACKLOG = 16,      /* so many */
	HTTP_SERVE_MS = 5000,         /* for the request to come, and again for the reply to be taken */
	HTTP_SERVE_ROOM = 65536,      /* octets of a reply that the kernel takes ahead of the reader */
	HTTP_SERVE_BODY_MAX = 1024 * 1024,
};

struct http_page {
	const char *path, *type;
	/* Writes the body. 0 or an enum err, which is answered 503. */
	int (*print)(void *arg, struct out *body);
};

struct http_serve_counters {
	uint64_t replies;  /* with the page */
	uint64_t refused;  /* other paths and methods, and what is no request */
	uint64_t timeouts; /* connections that were cut for being slow */
};

/* Listens at at; page is copied. NULL with a log line on failure. */
struct http_serve *http_serve_new(struct loop *l, const struct addr *at, const struct http_page *page, void *arg);
/* Cuts all connections. NULL is legal. */
void http_serve_free(struct http_serve *s);
/* Where it listens, with the kernel's port when it was asked for 0. */
const struct addr *http_serve_addr(const struct http_serve *s);
const struct http_serve_counters *http_serve_get_counters(const struct http_serve *s);
