/* SPDX-License-Identifier: BSD-2-Clause */
/* Stand-ins for both daemons, in a thread of their own: an NG server over UDP and TCP, and two control sockets. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/io/ctlsock.h"
#include "proto/io/loop.h"

struct fake_daemons {
	char ng_udp[64], ng_tcp[64]; /* PROTO:HOST:PORT of the NG server */
	char dir[32];                /* has the control sockets, alg and agw */
	unsigned heard;              /* datagrams; to be read at the end */
	bool is_cookie_kept;         /* the last one had the cookie of the one before */
	/* their own */
	unsigned lose;
	char cookie[64];
	struct loop *loop;
	struct loop_wake *stop;
	struct loop_io udp, listener, tcp;
	size_t n_tcp; /* bytes received of a request over TCP */
	struct ctlsock *alg, *agw;
	pthread_t thread;
};

/* So many datagrams are not answered first. The control sockets know "show calls" (alg), "show contexts" and "drain". */
void fake_daemons_start(struct fake_daemons *d, unsigned lose);
void fake_daemons_end(struct fake_daemons *d);
