/* SPDX-License-Identifier: BSD-2-Clause */
/* A listening stream socket that hands out its connections. Out of descriptors it pauses: whoever waits in the kernel
 * would wake us again and again. */
#pragma once

#include "proto/base/addr.h"
#include "proto/io/loop.h"

enum {
	ACCEPTOR_A_TURN = 16,    /* connections taken before other work gets its turn */
	ACCEPTOR_PAUSE_MS = 100, /* until descriptors may be free again */
};

/* fd, non-blocking, is the callee's now. peer is valid during the call, and all zero for AF_UNIX. */
typedef void (*acceptor_fn)(void *arg, int fd, const struct addr *peer);

/* Embedded in its user. */
struct acceptor {
	struct loop_io io;
	struct loop_timer pause;
	bool is_held;
	acceptor_fn fn;
	void *arg;
};

/* Takes listener over and begins at once. */
void acceptor_init(struct acceptor *a, struct loop *l, int listener, acceptor_fn fn, void *arg);
/* Closes the listener. Idempotent; legal on a zeroed struct, and in fn if *a outlives that. */
void acceptor_fini(struct acceptor *a);
/* While it is held nobody is accepted and whoever comes waits in the kernel. Legal in fn. */
void acceptor_hold(struct acceptor *a, bool is_held);
