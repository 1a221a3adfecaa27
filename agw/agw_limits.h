/* SPDX-License-Identifier: BSD-2-Clause */
/* Every size and count limit of ims-agw; whoever exceeds one gets an error in the protocol's terms. */
#pragma once

enum {
	AGW_MGCS_MAX = 8,
	AGW_REALMS_MAX = 16,
	AGW_REALM_ADDRS_MAX = 8,   /* addresses of one realm */
	CALLEE_NETS_MAX = 32,      /* of call-deny= and of call-allow= of one realm */
	AGW_REALM_NAME_MAX = 32,   /* with NUL */
	AGW_PATH_MAX = 256,        /* file names given as flags, with NUL */
	AGW_WORKERS_MAX = 64,
	AGW_SESSIONS_MAX = 1 << 20, /* highest --max-sessions */
	AGW_CONTEXT_FDS = 4,        /* descriptors of a context: two listeners, two connections; */
	AGW_CONTEXT_FILTER_FDS = 2, /* with socket filters also two to change them by */
	AGW_OTHER_FDS = 64,         /* of the process */
	AGW_LINGERS_MAX = 64,       /* sockets of a worker that outlive their leg... */
	AGW_LINGER_FDS = 64,        /* ... and of all workers at most this part of all descriptors */
	AGW_TRIM_MS = 40000,        /* without contexts; H.248 replies are forgotten by then */
	AGW_SPARE_FDS = 8,          /* this part of all descriptors is for connections, not for new listeners */

	/* The worker relays between two sides, so a context has two terminations (digest 2.3). */
	CTX_TERMS_MAX = 2,
	TERM_STREAMS_MAX = 8,
	TERM_SIGNALS_MAX = 3 * TERM_STREAMS_MAX, /* in one Signals descriptor */
	TERM_TOKEN_MAX = 16,       /* media and format tokens of an m= line, with NUL */
	TERM_NAME_MAX = 64,        /* "ip/1/<realm>/<n>", with NUL */
	ORDER_RETRY_MS = 50,       /* a worker that had no room for orders is asked again */
	PORT_TRIES_MAX = 32,       /* ports that somebody else holds, before we give up */

	/* Application-aware MSRP, each way of a session. */
	MSRP_TXNS_MAX = 256,       /* requests whose response is awaited; older ones are forgotten */
	MSRP_TXN_MS = 30000,       /* for a response, from the last octet of its request (RFC 4975 7.1) */
	MSRP_KEEPALIVE_S_MAX = 24 * 3600,
	MSRP_ANSWERS_MAX = 4096,   /* octets of our own answers that wait for a chunk to end */

	MG_COMMANDS_MAX = 256,     /* in one transaction */
	MG_WILDCARD_MAX = 256,     /* terminations listed in one wildcard reply */
	MG_ERROR_MAX = 160,        /* text of an error descriptor */
	MG_WAITING_MAX = 65536,    /* transactions that wait for a worker */

	TMAN_RATE_MAX = 1 << 30,   /* octets a second, and octets */
	THB_SECONDS_MAX = 7 * 24 * 3600,
	IPSTOP_SECONDS_MAX = 24 * 3600,
};
