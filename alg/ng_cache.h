/* SPDX-License-Identifier: BSD-2-Clause */
/* NG's at-most-once: a message that comes again (same source host, cookie and content) is not executed again. While the
 * first is being executed the repeat is dropped, later it gets the same bytes. Replies are kept in two generations of
 * NG_CACHE_MS; a generation that is full ends early, so memory is bounded. */
#pragma once

#include "alg/ng_link.h"
#include "proto/base/slot.h"
#include "proto/codec/ngmsg.h"

struct ng_cache;

/* A message being executed. */
struct ng_running {
	slot_id id;
	struct ng_dest from; /* of its last repeat: the reply goes there, once */
	struct span cookie;
	enum ng_encoding encoding;
};

enum ng_seen {
	NG_FIRST,    /* execute it; *run is its entry, until ng_cache_finish() */
	NG_REPEATED, /* is being executed: nothing to do */
	NG_ANSWERED, /* *reply is what it got, valid until the next call */
	NG_REFUSED,  /* too many at a time, or out of memory: drop it, the sender repeats */
};

struct ng_cache *ng_cache_new(struct loop *l);
void ng_cache_free(struct ng_cache *c);
/* msg: all bytes, cookie included. */
enum ng_seen ng_cache_begin(struct ng_cache *c, const struct ng_dest *from, struct span msg, const struct ng_msg *parsed,
                            struct ng_running **run, struct span *reply);
/* The running entry, or NULL. */
struct ng_running *ng_cache_find(struct ng_cache *c, slot_id id);
/* The message was answered with these bytes (copied). Without memory the repeat is executed again. */
void ng_cache_finish(struct ng_cache *c, struct ng_running *run, struct span reply);
