/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the transaction machine; nobody else includes this. */
#pragma once

#include "proto/base/list.h"
#include "proto/codec/mgco_xact.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A deadline in the heap; embedded. */
struct xact_due {
	uint64_t at_ms;
	uint32_t heap_at; /* position + 1; 0 = not armed */
	bool is_out;      /* inside a struct xact_out, else a struct xact_in */
};

/* A request of ours without a reply yet. */
struct xact_out {
	UT_hash_handle hh;
	uint32_t id;
	uint32_t rto_ms;
	uint32_t pendings;
	bool was_repeated;
	struct xact_due due;  /* next repetition, or the end */
	uint64_t give_up_ms;  /* moved on by Pendings ... */
	uint64_t hard_end_ms; /* ... up to here */
	mgco_reply_fn fn;
	void *arg;
	size_t len;
	char msg[]; /* as sent; empty when reliable */
};

/* A request of the peer: running while ticket != 0, then remembered. */
struct xact_in {
	UT_hash_handle hh;
	uint32_t id;
	uint32_t version;
	uint64_t ticket;
	struct xact_due due;   /* running: next Pending. Done: repetition of a reply that must be acknowledged */
	struct list by_age;    /* done: in order of completion */
	struct list by_reply;  /* done with a stored reply: in order of completion */
	uint64_t forget_ms;    /* done */
	uint64_t give_up_ms;   /* done, repeating the reply */
	uint32_t rto_ms;
	uint32_t pendings;
	uint32_t life;       /* of the peer, when it asked */
	uint64_t heard_ms;   /* its last copy */
	uint64_t digest;     /* of its text */
	char *reply; /* the message as sent; NULL: running, acknowledged, or dropped for room */
	size_t reply_len;
};

struct mgco_xact {
	struct mgco_xact_conf conf;
	struct mgco_xact_ops ops;
	void *arg;
	struct mgco_counters *counters;
	uint32_t max_sent, max_taken; /* Pendings for one request */
	uint32_t rto_pending_ms; /* from a Pending to the next repetition */
	struct xact_out *out; /* uthash by id */
	struct xact_in *in;   /* uthash by id */
	struct list by_age, by_reply;
	size_t reply_bytes;
	uint32_t running;
	uint32_t next_id, next_ticket;
	uint32_t life; /* counts the Restarts of the peer */
	bool shut, closed;
	uint64_t rng, hash_mul, hash_add;
	struct xact_due **heap;
	uint32_t heap_len, heap_cap;
	struct mgco_ack acks[XACT_ACK_RANGES_MAX]; /* replies received, to be confirmed with the next message */
	uint32_t n_acks;
	struct out scratch;
};

/* ---- mgco_xact.c ---- */
/* Seeded, so that a peer cannot choose colliding ids. Ids come in sequence, so that neighbours share a cache line. */
static inline unsigned
xact_hash(const struct mgco_xact *x, uint32_t id)
{
	return (unsigned)((x->hash_mul * (id >> 4) + x->hash_add) >> 32) << 4 | (id & 15);
}
/* rto_ms less up to a quarter of it. */
uint32_t xact_jitter(struct mgco_xact *x, uint32_t rto_ms);
/* (Re)arms; ERR_NOMEM only when it was not armed before. */
int xact_due_set(struct mgco_xact *x, struct xact_due *d, uint64_t at_ms);
void xact_due_clear(struct mgco_xact *x, struct xact_due *d);
/* Prints t (and the acks that wait, if with_acks; they go ahead alone when one message does not hold both) into
 * x->scratch. ERR_TOOBIG, ERR_NOMEM. */
int xact_print(struct mgco_xact *x, uint32_t version, struct mgco_txn *t, bool with_acks);
/* Sends what was printed. ERR_TOOBIG. */
int xact_send(struct mgco_xact *x);
/* Prints and sends t without keeping it; what cannot be printed is lost. */
void xact_send_once(struct mgco_xact *x, uint32_t version, struct mgco_txn *t);

/* ---- mgco_xact_out.c ---- */
/* ERR_TIMEOUT when the request was given up. */
int xact_out_due(struct mgco_xact *x, struct xact_out *o, uint64_t now_ms);
void xact_out_on_reply(struct mgco_xact *x, const struct mgco_txn *reply);
void xact_out_on_pending(struct mgco_xact *x, uint64_t now_ms, uint32_t id);
void xact_out_on_msg_error(struct mgco_xact *x, struct mgco_error *error);
void xact_out_fail_all(struct mgco_xact *x, int err);

/* ---- mgco_xact_big.c ---- */
/* Prints and sends a reply that is too big, with error 533 where it has to be shorter. What was sent is in x->scratch then. */
int xact_send_shorter(struct mgco_xact *x, uint32_t version, const struct mgco_txn *reply);

/* ---- mgco_xact_in.c ---- */
void xact_in_due(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms);
void xact_in_on_request(struct mgco_xact *x, uint64_t now_ms, uint32_t version, const struct mgco_txn *t);
/* budget: ids that may still be looked at for this message. */
void xact_in_on_acks(struct mgco_xact *x, const struct mgco_ack *acks, uint32_t *budget);
void xact_in_expire(struct mgco_xact *x, uint64_t now_ms);
void xact_in_forget_all(struct mgco_xact *x);
