/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248.1 v2 text messages as a tree (Annex B). Nodes live in an arena; spans point into the parsed buffer or
 * into the arena. Lists are singly linked in wire order. A zeroed optional pointer means "absent". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/arena.h"
#include "proto/base/bounds.h"
#include "proto/base/out.h"
#include "proto/base/span.h"

#define MGCO_CTX_NULL 0u            /* "-" */
#define MGCO_CTX_CHOOSE 0xFFFFFFFEu /* "$" */
#define MGCO_CTX_ALL 0xFFFFFFFFu    /* "*" */

enum mgco_relation { MGCO_EQUAL, MGCO_NOT_EQUAL, MGCO_GREATER, MGCO_LESS };
enum mgco_shape {
	MGCO_ONE,   /* value */
	MGCO_LIST,  /* [a,b]: all of them (OR for over-specified events) */
	MGCO_ALT,   /* {a,b}: choose one */
	MGCO_RANGE, /* [a:b] */
};

/* One value token. text has the quotes taken off; quoted says that they were (or must be) there. */
struct mgco_text {
	struct span text;
	bool quoted;
	struct mgco_text *next;
};

/* name = value, for properties ("ipdc/realm"), parameters ("napt") and statistics. */
struct mgco_prop {
	struct mgco_prop *next;
	struct span name;
	enum mgco_relation relation;
	enum mgco_shape shape;
	bool has_value; /* a statistic in an audit request has none */
	struct mgco_text *values;
};

struct mgco_error {
	uint32_t code; /* H.248.8 */
	struct span text;
};

enum mgco_mode {
	MGCO_MODE_ABSENT, MGCO_SENDONLY, MGCO_RECVONLY, MGCO_SENDRECV, MGCO_INACTIVE, MGCO_LOOPBACK,
};
enum mgco_tri { MGCO_ABSENT, MGCO_ON, MGCO_OFF };

struct mgco_localcontrol {
	enum mgco_mode mode;
	enum mgco_tri reserve_value, reserve_group;
	struct mgco_prop *props;
};

struct mgco_stream {
	struct mgco_stream *next;
	uint16_t id;  /* 1 when bare */
	bool bare;    /* parameters directly in Media, without Stream = n */
	struct mgco_localcontrol *lc;
	bool has_local, has_remote;
	struct span local, remote; /* SDP octets, "\}" already undone */
};

enum mgco_service_state { MGCO_SI_ABSENT, MGCO_SI_INSERVICE, MGCO_SI_OUTOFSERVICE, MGCO_SI_TEST };

struct mgco_termstate {
	enum mgco_service_state service;
	enum mgco_tri event_buffer; /* ON = LockStep */
	struct mgco_prop *props;
};

struct mgco_media {
	struct mgco_termstate *termstate;
	struct mgco_stream *streams;
};

/* An event wanted (Events), seen (ObservedEvents) or embedded. */
struct mgco_event {
	struct mgco_event *next;
	struct span name;      /* "g/cause" */
	struct span timestamp; /* ObservedEvents only: yyyymmddThhmmssss */
	bool keep_active;
	uint16_t stream; /* 0: not given */
	struct mgco_prop *params;
	struct mgco_events *embed_events;
	struct mgco_signals *embed_signals;
};

struct mgco_events {
	bool has_id; /* false: bare "Events", which clears them */
	uint32_t id;
	struct mgco_event *events;
};

enum mgco_sigtype { MGCO_SY_ABSENT, MGCO_SY_ONOFF, MGCO_SY_TIMEOUT, MGCO_SY_BRIEF };

struct mgco_signal {
	struct mgco_signal *next;
	struct span name; /* "ipnapt/latch" */
	uint16_t stream;
	enum mgco_sigtype type;
	bool has_duration, keep_active;
	uint32_t duration;      /* 10 ms units */
	uint8_t notify_on;      /* bits: 1 TO, 2 EV, 4 SD, 8 NC (NotifyCompletion) */
	uint16_t list_id;       /* member of SignalList = n; 0: none */
	struct mgco_prop *params;
};

struct mgco_signals {
	struct mgco_signal *signals; /* NULL: bare "Signals", which stops them */
};

enum mgco_audit_item {
	MGCO_AUDIT_MEDIA = 1, MGCO_AUDIT_EVENTS = 2, MGCO_AUDIT_SIGNALS = 4, MGCO_AUDIT_STATISTICS = 8,
	MGCO_AUDIT_OBSERVED = 16, MGCO_AUDIT_PACKAGES = 32, MGCO_AUDIT_EVENTBUFFER = 64,
	MGCO_AUDIT_DIGITMAP = 128, MGCO_AUDIT_MODEM = 256, MGCO_AUDIT_MUX = 512,
};

/* A part of a descriptor (v2, individual audit): "Media { Stream = 1 { LocalControl { gm/saf } } }". */
enum mgco_audit_place {
	MGCO_PLACE_WHOLE, /* not of Media, or all of it */
	MGCO_PLACE_TERMSTATE, MGCO_PLACE_LOCALCONTROL, MGCO_PLACE_LOCAL, MGCO_PLACE_REMOTE,
};
struct mgco_audit_part {
	struct mgco_audit_part *next;
	enum mgco_audit_item item; /* MEDIA, EVENTS, SIGNALS, STATISTICS or PACKAGES */
	enum mgco_audit_place place;
	bool has_id;
	uint32_t id;      /* of the stream (MEDIA), of the request (EVENTS; UINT32_MAX: "*") */
	struct span name; /* "gm/saf", "Mode", "nt-1"; empty: all that is there */
};

/* Both empty: the empty audit (heartbeat). */
struct mgco_audit {
	unsigned items; /* of enum mgco_audit_item: whole descriptors */
	struct mgco_audit_part *parts;
};

struct mgco_package {
	struct mgco_package *next;
	struct span name;
	uint32_t version;
};

struct mgco_services {
	struct span method; /* long token: "Restart", "Forced", "Graceful", "Disconnected", "HandOff", "Failover" or X- */
	struct span reason; /* "901 Cold Boot", quotes off */
	struct span profile; /* "Name/version" */
	struct span address, mgc_id, timestamp;
	bool has_delay, has_version;
	uint32_t delay, version;
	struct mgco_prop *ext;
};

enum mgco_cmd_kind {
	MGCO_ADD, MGCO_MODIFY, MGCO_MOVE, MGCO_SUBTRACT, MGCO_AUDITVALUE, MGCO_AUDITCAP, MGCO_NOTIFY,
	MGCO_SERVICECHANGE, MGCO_CMDS,
};

/* A command request or reply; descriptors that are absent are NULL. Of Modem, Mux, DigitMap and EventBuffer, which no IP
 * termination has, only the name is kept, for the error 444; an EventBuffer without content says that there is nothing. */
struct mgco_cmd {
	struct mgco_cmd *next;
	enum mgco_cmd_kind kind;
	bool optional, wildcard; /* O- and W- */
	struct span term;        /* TerminationID as text */
	struct mgco_media *media;
	struct mgco_events *events;
	struct mgco_signals *signals;
	struct mgco_audit *audit;
	struct mgco_events *observed;
	bool event_buffer; /* an EventBuffer without content */
	bool has_stats;
	struct mgco_prop *stats;
	struct mgco_package *packages;
	struct mgco_services *services;
	const char *foreign; /* request: the first such descriptor; static */
	struct mgco_error *error;
	/* AuditValue/AuditCapability reply of a context: Context = n { AuditValue = {terms} } gives many commands. */
};

struct mgco_action {
	struct mgco_action *next;
	uint32_t ctx;
	bool emergency, emergency_off, has_priority;
	uint8_t priority;
	bool has_topology;
	struct mgco_topology {
		struct mgco_topology *next;
		struct span from, to;
		enum { MGCO_TP_BOTHWAY, MGCO_TP_ONEWAY, MGCO_TP_ISOLATE } direction;
		uint16_t stream; /* v2; 0: all of them */
	} *topology;
	unsigned context_audit; /* bits: 1 Topology, 2 Emergency, 4 Priority; ContextAudit */
	struct mgco_cmd *cmds;
	struct mgco_error *error; /* reply: ends the action */
};

enum mgco_txn_kind { MGCO_REQUEST, MGCO_REPLY, MGCO_PENDING, MGCO_ACK };

struct mgco_ack {
	struct mgco_ack *next;
	uint32_t first, last;
};

struct mgco_txn {
	struct mgco_txn *next;
	enum mgco_txn_kind kind;
	uint32_t id;       /* REQUEST, REPLY, PENDING */
	bool imm_ack;      /* REPLY: ImmAckRequired */
	struct mgco_action *actions;
	struct mgco_error *error; /* REPLY: instead of actions */
	struct mgco_ack *acks;    /* ACK */
	struct span text;         /* as it was read, from its token to its brace; empty when built */
};

struct mgco_msg {
	uint32_t version; /* 1 or 2 */
	struct span mid;  /* as on the wire: "[192.0.2.1]:2944", "<gw1.example>", a device name, "MTP{..}" */
	struct mgco_error *error; /* message error instead of transactions */
	struct mgco_txn *txns;
};

/* Where and why a transaction, or the message, does not parse. */
struct mgco_fault {
	const struct mgco_fault *next; /* that of a later transaction, in the arena; NULL: there is no other */
	int err;            /* ERR_SYNTAX, ERR_TOOBIG, ERR_UNSUPPORTED or ERR_NOMEM */
	uint32_t code;      /* H.248.8: 400, 403, 406, 422, 442, ... */
	const char *why;    /* English, static */
	uint32_t line;
	struct span near;   /* some bytes of the input, borrowed */
	bool has_txn;       /* the fault lies inside a request: answer that transaction */
	bool is_reply;      /* it lies inside a reply whose id is known: our request has had its answer */
	uint32_t txn;       /* the id; of a request 0 when it could not be read, too: the null id of H.248.1 8.2.2 */
};

/* Parses a whole message, long and short tokens, any case. buf must outlive the tree. ERR_SYNTAX, ERR_TOOBIG,
 * ERR_UNSUPPORTED (version) or ERR_NOMEM with fault filled in (fault may be NULL). msg->mid and ->version are
 * set as far as they were read, and msg->txns holds the transactions that parse: those before the fault, and those behind
 * it if the end of the broken one can be told by its braces; each broken one has its fault in the list. */
int mgco_parse(struct arena *a, struct span buf, struct mgco_msg *msg, struct mgco_fault *fault);

enum mgco_case { MGCO_CASE_MIXED, MGCO_CASE_UPPER, MGCO_CASE_LOWER }; /* MIXED: as in Annex B */

struct mgco_style {
	bool short_tokens;
	bool pretty; /* line breaks and tabs; otherwise one space where a separator is needed */
	enum mgco_case token_case;
	bool few_quotes;     /* values in quotes only where SafeChars do not do, whatever was read or built */
	bool signals_braces; /* "Signals{}" for none, as in Annex B, which Erlang's megaco does not read; else "Signals" */
	bool bare_stream;    /* stream 1, if it is alone, directly in Media */
};

/* Prints a message; the error is sticky in o. SDP lines end as they are in the tree, "}" becomes "\}". */
void mgco_print(struct out *o, const struct mgco_msg *msg, const struct mgco_style *style);

/* Does a TerminationID with wildcards cover this name? Element by element: "*" is any one, and at the end all that
 * follows. */
bool mgco_term_matches(struct span pattern, const char *name);

/* Names compare without case (they come back lower-cased from some stacks). */
static inline bool
mgco_name_is(struct span name, const char *text)
{
	return span_caseeqs(name, text);
}

/* ---- builders: NULL in, NULL out; a failed arena shows as a NULL result at the end ---- */
struct mgco_txn *mgco_new_request(struct arena *a);
struct mgco_action *mgco_add_action(struct arena *a, struct mgco_txn *t, uint32_t ctx);
/* term is borrowed. */
struct mgco_cmd *mgco_add_cmd(struct arena *a, struct mgco_action *act, enum mgco_cmd_kind kind, struct span term);
/* The command's Media descriptor and stream id, made when absent. */
struct mgco_stream *mgco_need_stream(struct arena *a, struct mgco_cmd *c, uint16_t id);
struct mgco_localcontrol *mgco_need_lc(struct arena *a, struct mgco_stream *s);
/* Appends name = value to a property list; strings are borrowed. */
struct mgco_prop *mgco_add_prop(struct arena *a, struct mgco_prop **list, const char *name, struct span value,
                                bool quoted);
struct mgco_event *mgco_add_event(struct arena *a, struct mgco_events *e, const char *name);
struct mgco_signal *mgco_add_signal(struct arena *a, struct mgco_signals *s, const char *name);
/* text is borrowed. */
struct mgco_error *mgco_new_error(struct arena *a, uint32_t code, struct span text);
/* First property of that name, or NULL. */
const struct mgco_prop *mgco_find_prop(const struct mgco_prop *list, const char *name);
/* Its single value's text; the empty span when absent or not single. */
struct span mgco_prop_text(const struct mgco_prop *p);
/* on/off, true/false (any case) of a single value. ERR_SYNTAX otherwise. */
int mgco_prop_bool(const struct mgco_prop *p, bool *v);
/* Decimal or 0x hex. */
int mgco_prop_u32(const struct mgco_prop *p, uint32_t *v);
/* H.248.8 short text for a code ("Unknown TerminationID"); "Error" when unknown. Static. */
const char *mgco_error_text(uint32_t code);
