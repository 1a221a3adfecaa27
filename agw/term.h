/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminations as the controller sees them: what each stream was told to be, and what the worker reported. */
#pragma once

#include "agw/agw_limits.h"
#include "agw/order.h"
#include "proto/base/list.h"
#include "proto/codec/sdp.h"
#include "proto/io/loop.h"

struct ctx;
struct realm;
struct term_msrp;

enum term_mode { TERM_INACTIVE, TERM_SENDONLY, TERM_RECVONLY, TERM_SENDRECV };

/* LocalControl. It is replaced as a whole: what a command leaves out returns to its default (digest 3.4). */
struct term_control {
	enum term_mode mode; /* Inactive for a new stream, H.248.1 App. II 7.1.7 */
	bool reserve_value, reserve_group; /* kept and told: of one description there is nothing to reserve */
	bool saf, spf;       /* gm: source address, source port filtering by the Remote */
	bool discard;        /* tcpbcc/discard: ignore incoming SYNs */
	bool link;           /* seplink/link: a connection that comes in here triggers one at the partner */
	/* gm, the rest. The mask: an address (ADDR_NONE: the Remote's), and how many of its bits count (0: no mask). */
	struct addr sam;
	uint8_t sam_bits;
	uint16_t spr_lo, spr_hi; /* ports; 0: the Remote's */
	bool esas;       /* connections that we open come from lsa; else from our own address */
	struct addr lsa; /* ADDR_NONE: not given */
	bool esps;       /* they come from lsp, which can only be our own port (0: not given): they do anyway, if it can be */
	uint32_t lsp;
	bool has_dscp;
	bool wants_dscp; /* ds/dscp = $, until mg_settle_control() */
	uint8_t dscp;
	bool copies_dscp; /* ds/tb = OFF */
	/* tman, octets and octets a second; 0: not given. dvt is in tenths of microseconds. */
	bool pol;
	uint32_t pdr, dvt, sdr, mbs;
	uint32_t jit; /* nt/jit: means nothing here */
};

enum term_transport { TERM_TCP, TERM_TCP_TLS, TERM_TCP_MSRP, TERM_TCP_TLS_MSRP, TERM_TRANSPORTS };

/* What the Local descriptor says of us. */
struct term_local {
	char media[TERM_TOKEN_MAX], fmt[TERM_TOKEN_MAX]; /* "message", "*": carried back as they came */
	enum term_transport transport;
	struct addr addr; /* as given; ip all zero: "$", port 0: "$"; the family counts in any case */
	bool addr_given;  /* false: "$" */
	enum sdp_setup setup;
	unsigned hashes;  /* bit 1 << enum fpr_hash: our fingerprints that were asked for */
	bool wants_path;  /* a=path: application-aware MSRP handling */
};

/* What the Remote descriptor says of the peer, but for its fingerprints and path. */
struct term_remote {
	struct addr addr; /* ADDR_NONE: unknown, or 0.0.0.0 (hold) */
	enum sdp_setup setup;
};

enum term_latch { TERM_LATCH_OFF, TERM_LATCH_ON, TERM_RELATCH };
enum term_phase { TERM_PHASE_IDLE, TERM_PHASE_TCP, TERM_PHASE_TLS, TERM_PHASE_FAILED, TERM_PHASE_CLOSED };

/* Signals. What they order takes its time, and g/sc can tell of its end (H.248.1 7.1.11, E.1.2). */
enum term_signal {
	TERM_SIG_LATCH, /* ipnapt/latch: over when somebody was latched to; the latch itself stays on */
	TERM_SIG_TCP,   /* tcpbcc/EstBNC: when TCP is up */
	TERM_SIG_TLS,   /* tlsbsc/EstBNC: when TLS is up */
	TERM_SIGNALS,
};

/* How one ends; the bits of NotifyCompletion. */
enum term_end {
	TERM_END_TO = 1, /* done */
	TERM_END_EV = 2, /* interrupted by an event: never, ours go on */
	TERM_END_SD = 4, /* another Signals descriptor came first */
	TERM_END_NC = 8, /* it failed, or could never begin */
};

struct term_play {
	bool is_on;         /* ordered, and neither done nor given up */
	uint8_t notify;     /* of enum term_end: the ends to be told */
	uint8_t ended;      /* those that are to be told now */
	uint16_t list;      /* its signal list; 0: none */
	uint16_t last_list; /* that of the one before it */
};

/* Something that the controller shall hear of, once; a connection that comes up ends it. */
struct term_failure {
	enum reason reason; /* REASON_NONE: nothing happened */
	uint8_t alert;
	bool is_told; /* a Notify is under way or was confirmed, or nothing is armed for it */
};

/* Events that the controller may arm. */
enum term_event {
	TERM_EV_CAUSE = 1,   /* g/cause */
	TERM_EV_TCP = 2,     /* tcpbcc/BNCChange */
	TERM_EV_TLS = 4,     /* tlsbsc/BNCChange */
	TERM_EV_THB = 8,     /* hangterm/thb */
	TERM_EV_IPSTOP = 16, /* adid/ipstop */
	TERM_EV_TCP_UP = 32, /* tcpbcc/BNCChange{Type=Established}: not only failures are told */
	TERM_EV_TLS_UP = 64, /* the same of tlsbsc */
	TERM_EV_NETFAIL = 128, /* nt/netfail */
	TERM_EV_TCP_DOWN = 256, /* tcpbcc/BNCChange{Type=Released} */
	TERM_EV_TLS_DOWN = 512, /* the same of tlsbsc */
	TERM_EV_SC = 1024,      /* g/sc */
};

/* adid dir: whose silence is told. */
enum term_dir { TERM_DIR_BOTH, TERM_DIR_IN, TERM_DIR_OUT };

/* What is armed of all streams of a termination, or (Stream = n in an event) of one. */
struct term_watch {
	unsigned armed;   /* of enum term_event */
	uint32_t idle_ms; /* adid dt */
	enum term_dir dir;
	bool has_dir;
};

struct term_stream {
	struct term_stream *next; /* in ctx_stream.leaving */
	uint16_t id;
	struct realm *realm;
	struct term_control control;
	struct term_local local;
	struct term_remote remote;
	const char *denied;    /* why the Remote must not be called, static; NULL: it may, or is not known */
	struct fpr_list *fprs;  /* of the Remote; NULL: none */
	struct term_msrp *msrp; /* paths; NULL: none, the stream is application-agnostic */
	struct addr bound;     /* ours, from the realm's pool */
	int listener;          /* bound and listening, still ours; -1: none, or with the worker */
	bool has_listener;     /* one was made, here or with the worker; it lives as long as the stream */
	uint8_t listener_mark; /* DSCP that it bears, while it is ours */
	int filter_fd;         /* socket gates: a second descriptor of the listener, to change its filter; or -1 */
	enum term_latch latch; /* never TERM_RELATCH */
	uint32_t latch_round;  /* RELATCHes so far */
	uint32_t establish;    /* tcpbcc/EstBNCs so far: each asks for one connection */
	struct addr learned;   /* LATCH: whom it latched to */
	bool is_gone;          /* subtracted: nobody is let in any more */
	bool is_out;           /* out of service: likewise, until it is back */
	uint32_t cut;          /* how often it went out of service */
	enum term_phase phase; /* of the latest connection; RFC 4975 5.4 lets a peer come again */
	struct addr peer;      /* its other end */
	struct term_failure failure;
	struct term_play play[TERM_SIGNALS];
	struct term_watch watch; /* its own events */
};

struct term_events {
	uint32_t id;         /* request id of the Events descriptor */
	uint32_t thb_s;      /* hangterm timerx */
	uint16_t thb_stream; /* the one that it was armed for, although it is about the termination; 0: none */
	struct term_watch all;
};

struct term {
	struct ctx *ctx;
	unsigned side;
	uint32_t number; /* unique while the process runs */
	char name[TERM_NAME_MAX];
	struct realm *realm;
	struct term_stream *streams[TERM_STREAMS_MAX];
	unsigned n_streams;
	struct term_events events;
	uint64_t added_ms, heard_ms; /* when it came; last command that named it */
	struct loop_timer thb;
	struct list ended; /* in ctxs.ended while one of its signals has ended and was not told */
	bool is_out;   /* of service */
	bool turns_in; /* what becomes of that when the timer fires */
	struct loop_timer *turn; /* NULL: never was one */
};

/* term_service.c: into or out of service, now; a turn that was to come is off. The orders go with the next ctx_post(). */
void term_set_service(struct term *t, bool in);
/* The same after a time, unless something else is said before; it posts. Out of memory: now. */
void term_set_service_later(struct term *t, bool in, uint64_t after_ms);
struct term_stream *term_find_stream(const struct term *t, uint16_t id);
/* Events that are armed for the stream, by its name or for all (bits of enum term_event). */
unsigned term_armed(const struct term *t, const struct term_stream *s);
/* Where the parameters of adid/ipstop are, if that is armed for the stream: its own go before those of all. */
const struct term_watch *term_idle_watch(const struct term *t, const struct term_stream *s);
/* The stream that a notification of this event names: when it was armed by its name, or could be mistaken. 0: none. */
uint16_t term_told_stream(const struct term *t, const struct term_stream *s, unsigned ev);
bool term_is_tls(const struct term_local *l);
/* "TCP/TLS/MSRP". Static. */
const char *term_transport_name(enum term_transport t);
const char *term_phase_name(enum term_phase p);
/* "IN", "OUT", "BOTH". Static. */
const char *term_dir_name(enum term_dir d);
/* What tman says as buckets; all zero when it does not police. */
void term_police(const struct term_control *c, struct police_rates *r);
/* Latches, and filters ports on top: the rule follows whom it latched to, and workers are told of every change. */
bool term_latches_ports(const struct term_stream *s);
/* The rule for SYNs at this stream (TS 23.334 6.2.10.3.1.2.1 step 10: without latching or filtering they are
 * dropped). */
struct gate_rule;
void term_gate_rule(const struct term_stream *s, struct gate_rule *rule);
