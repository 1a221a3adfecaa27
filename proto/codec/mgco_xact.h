/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions with one H.248 peer (H.248.1 clause 8, annex D.1): requests are repeated until answered, executed at
 * most once, long ones announced by Pending. A peer that says by ServiceChange Restart on ROOT that it lost its state may
 * count its transactions anew: what it asked before is then no longer taken for the same request, but for a copy of it with
 * the same text that comes within XACT_STRAY_MS. Pure: bytes leave through ops, the time comes in as now_ms. */
#pragma once

#include "proto/codec/mgco.h"

enum {
	XACT_IDS_MAX = 1 << 18,           /* transactions remembered, a quarter KiB each: 60 MiB; beyond, the oldest is
	                                   * forgotten early */
	XACT_REPLY_BYTES_MAX = 16 << 20,  /* stored replies; beyond, the oldest is dropped, its id stays known */
	XACT_PENDINGS_MAX = 64,           /* Pendings for one request; then it is answered with error 506 */
	XACT_ACK_IDS_MAX = 4096,          /* ids looked at for the response-acks of one message */
	XACT_ACK_RANGES_MAX = 16,         /* response-acks that wait; a message of its own carries them all */
	XACT_PENDING_STRETCH = 12,        /* Pendings keep a request alive for at most this many t_max_ms */
	XACT_STRAY_MS = 5000,             /* a copy of a request is repeated, or late on its way, for no longer */
};

struct mgco_xact;

struct mgco_counters {
	uint64_t messages_in, messages_out, bytes_in, bytes_out;
	uint64_t syntax_errors;   /* messages or transactions answered with a 4xx syntax error */
	uint64_t retransmissions, duplicates, pendings_in, pendings_out, timeouts;
	uint64_t oversized, dropped; /* received, and refused without an answer; why is in the log */
	uint64_t displaced; /* associations given up for a newcomer */
	uint64_t requests_too_big, replies_too_big; /* not sent; sent with error 533 in the place of what it found */
};

/* err: 0 with the reply, or ERR_TIMEOUT, ERR_CLOSED, ERR_TOOBIG (the network carries less than message_max) with
 * reply == NULL. reply is valid during the
 * call; it may be an error reply (reply->error, or an error inside an action or command). */
typedef void (*mgco_reply_fn)(void *arg, int err, const struct mgco_txn *reply);

/* Everything is set by the caller; no defaults here. */
struct mgco_xact_conf {
	struct span mid; /* our own; borrowed for the machine's life */
	struct mgco_style style;
	uint32_t version;   /* of requests; replies use the version of the request */
	bool no_acks;       /* replies are confirmed only where ImmAckRequired asks for it */
	bool reliable;      /* TCP: nothing is repeated, t_max_ms alone ends a request */
	size_t message_max; /* bytes of a message that the transport carries. What is longer in this style is written with
	                     * short tokens and without line breaks before it is refused */
	uint32_t rto_first_ms, rto_max_ms, t_max_ms, long_ms, pending_ms;
	uint32_t max_in, max_out; /* requests being executed; requests outstanding */
	uint64_t seed;            /* of jitter, first transaction id and hash tables */
};

/* Both may call back into the machine, except mgco_xact_free; send may not call anything of it. */
struct mgco_xact_ops {
	/* A message leaves; borrowed during the call. ERR_TOOBIG when the network does not carry it, else 0. */
	int (*send)(void *arg, struct span msg);
	/* A request that was never seen before: execute it and answer with mgco_xact_respond(ticket), now or later. */
	void (*execute)(void *arg, const struct mgco_txn *request, uint64_t ticket);
};

/* counters is borrowed and may be shared by several machines. NULL: out of memory. */
struct mgco_xact *mgco_xact_new(const struct mgco_xact_conf *conf, const struct mgco_xact_ops *ops, void *arg,
                                struct mgco_counters *counters);
/* Calls nobody: mgco_xact_close() first if callers wait. */
void mgco_xact_free(struct mgco_xact *x);

/* Prints and sends a request. fn is called exactly once if 0 is returned, never before the return. ERR_TOOBIG,
 * ERR_LIMIT (max_out), ERR_CLOSED, ERR_NOMEM. */
int mgco_xact_request(struct mgco_xact *x, uint64_t now_ms, const struct mgco_action *actions, mgco_reply_fn fn,
                      void *arg);
/* Answers with actions or, if not NULL, with error. A ticket that is no longer open (answered by the Pending
 * limit, or forgotten by a reset) is ignored. In a reply that is too big error 533 stands for what audits found, else for all that
 * commands answer, else for the whole: what was executed stays so, and the names of contexts and terminations are told
 * while there is room for them. */
void mgco_xact_respond(struct mgco_xact *x, uint64_t now_ms, uint64_t ticket, const struct mgco_action *actions,
                       const struct mgco_error *error);
/* A message from the peer: its requests, replies, Pendings and acks. */
void mgco_xact_on_msg(struct mgco_xact *x, uint64_t now_ms, const struct mgco_msg *msg);
/* A request with a readable id that does not parse: answered with the error, and not remembered, unless the id
 * belongs to a request that is known, in which case it is a (damaged) duplicate of that. */
void mgco_xact_on_bad_request(struct mgco_xact *x, uint64_t now_ms, uint32_t version, uint32_t id,
                              const struct mgco_error *error);
/* A reply with a readable id that does not parse. True when it was one to a request of ours, which has failed then: its caller
 * gets a reply with this error. */
bool mgco_xact_on_bad_reply(struct mgco_xact *x, uint32_t id, struct mgco_error *error);
/* Does what is due. ERR_TIMEOUT when a request was given up, else 0. */
int mgco_xact_tick(struct mgco_xact *x, uint64_t now_ms);
/* When mgco_xact_tick() is wanted next; UINT64_MAX: never. */
uint64_t mgco_xact_due_ms(const struct mgco_xact *x);

/* Refuses new requests until mgco_xact_open() and fails the outstanding ones with err. Requests of the peer are
 * still served. A new machine is open. */
void mgco_xact_shut(struct mgco_xact *x, int err);
void mgco_xact_open(struct mgco_xact *x);
/* Forgets the requests of the peer, also those being executed (a new connection counts its ids afresh). */
void mgco_xact_reset(struct mgco_xact *x);
/* The end: shut and reset, and every later call does nothing. Legal in callbacks. */
void mgco_xact_close(struct mgco_xact *x, int err);

/* The version of requests from now on. */
void mgco_xact_set_version(struct mgco_xact *x, uint32_t version);
/* When a request of the peer gets its Pending; how many Pendings it may get, and how many a request of ours takes before
 * it is given up (root package of H.248.1 E.2). A new machine has conf's time, XACT_PENDINGS_MAX (which is also the
 * most that max_sent can be), and no limit but the time. */
void mgco_xact_set_pendings(struct mgco_xact *x, uint32_t pending_ms, uint32_t max_sent, uint32_t max_taken);
/* How long the peer may take (the same package): before a request is repeated for the first time, and after its Pending
 * before it is repeated again. At most rto_max_ms; a new machine has conf's rto_first_ms and rto_max_ms. */
void mgco_xact_set_patience(struct mgco_xact *x, uint32_t first_ms, uint32_t pending_ms);
/* Requests outstanding; requests of the peer being executed; ids of the peer remembered. */
uint32_t mgco_xact_outstanding(const struct mgco_xact *x);
uint32_t mgco_xact_running(const struct mgco_xact *x);
uint32_t mgco_xact_remembered(const struct mgco_xact *x);
