/* SPDX-License-Identifier: BSD-2-Clause */
/* The letters between the control thread and a worker: values only, no shared objects but immutable ones.
 *
 * A "relay" is one H.248 stream of one context: two legs, side 0 and side 1 (the context's first and second
 * termination). It lives on one worker from ORDER_OPEN to ORDER_CLOSE; its id is chosen by control. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agw/police.h"
#include "proto/base/addr.h"
#include "proto/base/bounds.h"
#include "proto/base/slot.h"
#include "proto/codec/fpr.h"

struct tls_ctx; /* immutable after start, shared by all workers */

enum leg_role {
	LEG_NO_ROLE, /* holdconn, or nothing known yet: neither listens nor connects */
	LEG_LISTEN,  /* passive: the peer connects to us */
	LEG_CONNECT, /* active: connects as soon as the trigger comes (below) */
	LEG_PROXY,   /* actpass: listens, and connects when triggered; whichever comes first wins */
};

enum leg_trigger {
	TRIGGER_NONE,    /* only listens */
	TRIGGER_NOW,     /* setup:active with a known remote, and nobody says when: at every order */
	TRIGGER_PARTNER, /* interlinkage: the partner leg accepted a connection (TS 23.334 6.2.10.3.1.2.1) */
};

/* Whom an accepted connection may come from; the same rule that the SYN gate applies before. */
enum gate_mode { GATE_IGNORE, GATE_LATCH, GATE_FILTER_ADDR, GATE_FILTER_ADDR_PORT, GATE_OPEN, GATE_FILTER_PORT };

/* All that is wanted of a leg; every order carries the whole of it (no deltas). */
struct leg_spec {
	uint32_t term;          /* number of the termination; another one cuts off whoever is connected. 0: none */
	enum leg_role role;
	enum leg_trigger trigger;
	uint32_t connect_round; /* ALG ordered a connection (establish), besides the trigger: one for each new number */
	enum gate_mode gate;
	uint32_t latch_round;   /* GATE_LATCH: another number forgets the source that was learned */
	struct addr local;      /* bound address; source of outgoing connections, with its port if that can be had */
	struct addr remote;     /* family ADDR_NONE: unknown */
	const char *denied;     /* why it must not be called, static; NULL: it may */
	struct addr from;       /* FILTER modes: whom the filter is about, unless it is remote (ADDR_NONE) */
	uint8_t host_bits;      /* and how widely, see struct gate_rule */
	uint16_t port_hi;
	struct police_rates police; /* what its peer may send (H.248.53) */
	bool tls;
	const struct tls_ctx *tls_ctx;
	bool fpr_known;         /* false: a handshake must pause before the peer's certificate is read */
	bool flow_in, flow_out; /* stream mode: octets from the peer are taken / octets to the peer are sent */
	uint8_t dscp;           /* 0..63 */
	bool copies_dscp;       /* what is sent bears the mark of the partner's peer instead, if that one connected to us */
	bool idle_in, idle_out; /* whose octets end the silence that idle_ms is about; neither: both */
	uint32_t cut;           /* another number cuts off whoever is connected */
	uint32_t tcp_ms, tls_ms, fpr_ms, idle_ms; /* time limits; 0 = none */
	uint32_t wait_ms; /* for the first connection where we listen; then FAILED with TCP_TIMEOUT, and nothing else */
};

/* Application-aware MSRP (TS 23.334 5.19.5) towards the peer of one leg. A relay is aware while both its legs
 * are. */
struct leg_msrp {
	bool aware;                    /* false: octets pass as they are, and nothing below counts */
	bool types_empty;              /* messages without body get a Content-Type on their way to this peer */
	uint32_t keepalive_ms;         /* so much silence, and the peer gets an empty message of ours; 0: never */
	char own[MSRP_URI_OWN_MAX];    /* our URI on this leg, whose session-id the peer's messages must name */
	char peer[MSRP_PATH_TEXT_MAX]; /* the peer's a=path, URIs separated by blanks; empty: not known yet */
};

/* How much MSRP a peer may send, in octets of bodies; 0: any number. */
struct msrp_limits {
	uint64_t message, chunk;
};

enum order_kind {
	ORDER_OPEN,   /* make the relay; both specs */
	ORDER_CHANGE, /* new spec for one side */
	ORDER_CLOSE,  /* drop it and answer with EVENT_STATS */
	ORDER_STATS,  /* answer with EVENT_STATS, keep it */
	ORDER_QUIT,   /* drop everything and end the loop */
};

struct order {
	enum order_kind kind;
	slot_id relay;
	uint64_t tag;        /* given back in the answering event */
	uint8_t side;        /* ORDER_CHANGE */
	int listen_fd[2];    /* ORDER_OPEN, ORDER_CHANGE: a new listener for the side or -1; ownership moves */
	struct leg_spec leg[2]; /* ORDER_CHANGE uses [side] */
	struct fpr_set fprs[2]; /* likewise: what the peer's certificate must match */
	struct leg_msrp msrp[2]; /* likewise */
};

/* Why a connection failed, see proto/base/reason.def; text by reason_text(). */
enum reason {
#define REASON(sym, text) REASON_##sym,
#include "proto/base/reason.def"
#undef REASON
	REASONS,
};

/* "fp-mismatch"; REASON_TLS_ALERT is printed with its number by the caller ("tls-alert-42"). Static. */
const char *reason_text(enum reason r);

struct leg_stats {
	uint64_t octets_in, octets_out; /* application octets from and to the peer of this leg */
	uint64_t refused;               /* connections closed because the gate's rule did not fit */
	uint8_t state;                  /* enum leg_state, for "show" */
	struct addr peer;               /* of the live connection */
};

/* What came from the peer of a leg, when the relay is aware. */
struct msrp_stats {
	uint64_t messages;  /* SENDs with a body whose last chunk came whole */
	uint64_t chunks;    /* SEND requests, empty ones too */
	uint64_t octets;    /* of their bodies */
	uint64_t aborted;   /* ended by '#': by the peer, by a limit, or because its connection broke in the middle */
	uint64_t reports;
	uint64_t ok, failed; /* responses 200 to 299, others */
	uint64_t others;    /* further requests */
	uint64_t errors;    /* not passed on: a foreign session, broken headers, too much, no request for a response, no
	                       MSRP at all */
	uint64_t too_big;   /* of the errors: SENDs beyond a limit */
	uint64_t keepalives; /* empty messages of ours to this peer */
};

enum event_kind {
	EVENT_ACCEPTED,  /* TCP accepted; peer set */
	EVENT_CONNECTED, /* TCP connected by us */
	EVENT_TLS_UP,    /* handshake finished and fingerprint matched */
	EVENT_FAILED,    /* reason (and alert) set; the leg is closed */
	EVENT_CLOSED,    /* orderly end of an established leg; reason NONE, IDLE or PEER_RESET */
	EVENT_IDLE,      /* no octet either way for idle_ms; nothing was closed */
	EVENT_STATS,     /* answer; closed tells whether the relay is gone */
};

struct event {
	enum event_kind kind;
	slot_id relay;
	uint64_t tag;
	uint8_t side;
	enum reason reason;
	uint8_t alert;       /* REASON_TLS_ALERT: the alert's number */
	bool closed;
	struct addr peer;
	struct leg_stats stats[2];
	bool is_aware; /* EVENT_STATS: msrp counts */
	struct msrp_stats msrp[2];
	uint64_t duration_ms; /* EVENT_STATS: since ORDER_OPEN */
};
