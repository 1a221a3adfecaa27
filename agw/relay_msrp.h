/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of relay.c that concerns application-aware relays; nobody else includes it. */
#pragma once

#include "agw/relay.h"

enum {
	/* Of one read. Heads grow a little: what is written still fills whole TLS records, without another short one. */
	RELAY_MSRP_READ_MAX = LEG_READ_MAX - 1024,
};

/* Makes the relay aware, or not, as both legs' orders say. */
void relay_msrp_apply(struct relay *r, unsigned side, const struct leg_msrp *m);
/* A chunk of an aware relay goes on its way; a peer whose bytes are no MSRP breaks it. */
void relay_msrp_pass(struct relay *r, unsigned from, struct leg_chunk *c);
/* The peer of a side sends no more. True when a message had to be ended with '#'. */
bool relay_msrp_cut(struct relay *r, unsigned from);
/* Connections are gone. */
void relay_msrp_reset(struct relay *r);
/* An empty message to the peer of a side, if one can be sent now. */
void relay_msrp_keep_alive(struct relay *r, unsigned side);
void relay_msrp_stats(const struct relay *r, struct event *e);
void relay_msrp_fini(struct relay *r);
