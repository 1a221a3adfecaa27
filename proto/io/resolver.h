/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses while the loop goes on: getaddrinfo() in a few threads of its own. */
#pragma once

#include "proto/base/addr.h"
#include "proto/base/span.h"
#include "proto/io/loop.h"

enum {
	RESOLVER_NAME_MAX = 254,    /* a DNS name in text (RFC 1035 2.3.4), with NUL */
	RESOLVER_WAITING_MAX = 256, /* questions that no thread has taken up yet */
	RESOLVER_THREADS_MAX = 4,   /* one slow name must not hold up all others; started when first needed */
};

struct resolver;

/* In the loop's thread, once for each question, after resolver_ask() has returned. name is valid during the call; a has
 * family ADDR_NONE when there is no such name, and port 0. */
typedef void (*resolver_fn)(void *arg, uint64_t tag, const char *name, const struct addr *a);

/* NULL: out of memory or descriptors. */
struct resolver *resolver_new(struct loop *l, resolver_fn fn, void *arg);
/* Nobody is called any more. Threads that are still asking end by themselves. NULL is legal. */
void resolver_free(struct resolver *r);
/* family ADDR_NONE: any, IPv4 before IPv6 as the system prefers. tag comes back. ERR_TOOBIG, ERR_LIMIT, ERR_NOMEM; then no
 * answer comes. */
int resolver_ask(struct resolver *r, struct span name, enum addr_family family, uint64_t tag);
