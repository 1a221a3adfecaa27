/* SPDX-License-Identifier: BSD-2-Clause */
/* NG's transports: whole messages in, bytes out to where they came from. */
#pragma once

#include "proto/base/addr.h"
#include "proto/base/slot.h"
#include "proto/base/span.h"
#include "proto/io/loop.h"

struct ng_link;

/* Where a message came from; a value, stale ones are harmless. */
struct ng_dest {
	struct ng_link *link;
	struct addr peer;
	slot_id conn; /* TCP */
};

/* msg is one datagram, or one framed message of a stream. Valid during the call. */
typedef void (*ng_message_fn)(void *arg, const struct ng_dest *from, struct span msg);
/* A connection is closed for a limit, or for want of memory; why is a sentence. */
typedef void (*ng_refused_fn)(void *arg, const struct addr *peer, const char *why);
/* A stream that carries no NG message, or too long a one; it is closed after the call. May be used to answer. */
typedef void (*ng_garbage_fn)(void *arg, const struct ng_dest *from);

struct ng_link_handler {
	ng_message_fn on_message;
	ng_garbage_fn on_garbage;
	ng_refused_fn on_refused;
	void *arg;
};

/* A UDP or TCP listener; *bound gets its address with port. NULL on failure with the reason in *err. */
struct ng_link *ng_udp_new(struct loop *l, const struct addr *local, const struct ng_link_handler *h,
                           struct addr *bound, int *err);
struct ng_link *ng_tcp_new(struct loop *l, const struct addr *local, const struct ng_link_handler *h,
                           struct addr *bound, int *err);
void ng_link_free(struct ng_link *link);
/* Best effort: an UDP reply that cannot be sent now is lost, a TCP peer that does not read is closed. */
void ng_link_send(const struct ng_dest *to, struct span bytes);

/* What a transport is, behind the calls above. */
struct ng_link {
	void (*send)(struct ng_link *link, const struct ng_dest *to, struct span bytes);
	void (*free)(struct ng_link *link);
};
