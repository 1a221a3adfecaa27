/* SPDX-License-Identifier: BSD-2-Clause */
/* Between msrp_b2b.c (bodies, ends, life), msrp_b2b_head.c (heads) and msrp_b2b_own.c (what we say ourselves); nobody
 * else includes it. */
#pragma once

#include "agw/msrp_answers.h"
#include "agw/msrp_b2b.h"
#include "agw/msrp_side.h"
#include "agw/msrp_txn.h"
#include "proto/codec/msrp.h"

/* The leg towards one peer. */
struct side {
	struct msrp_side names;
	struct msrp_answers answers; /* our own, waiting for the chunk that goes there to end */
	struct msrp_stats stats;
};

/* Messages from the peer of one side to the other peer. */
struct way {
	struct msrp_framer framer;
	struct msrp_txns sent;      /* went this way; the responses come the other way */
	bool is_open;               /* the head of a message went out, its end-line did not */
	bool is_send, has_body, adds_type, expects; /* of that message */
	bool is_renamed;            /* its transaction id is another than it came with */
	char tid[MSRP_TID_MAX + 1]; /* as it went out */
	uint64_t left;              /* so many octets of its body may still pass */
};

struct msrp_b2b {
	void (*fill)(void *buf, size_t len);
	const struct msrp_limits *limits;
	struct side side[2];
	struct way way[2]; /* by the side where the messages come from */
};

/* One call of msrp_b2b_feed(). */
struct feed {
	struct msrp_b2b *b;
	unsigned from;
	struct side *src, *dst;
	struct way *way;
	uint64_t now_ms;
	struct msrp_writer out; /* to dst */
	const char *why;        /* of the latest error */
};

/* ---- msrp_b2b.c ---- */

/* Something from the peer of a side, to be written to the other one. */
struct feed msrp_b2b_begin(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink);

/* ---- msrp_b2b_head.c ---- */

/* The head of a message: passes it on, refuses it, or drops it. */
void msrp_b2b_on_head(struct feed *f, const struct msrp_head *h);

/* ---- msrp_b2b_own.c ---- */

void msrp_b2b_count_error(struct feed *f, const char *why);
/* A SEND beyond a limit. */
void msrp_b2b_count_too_big(struct feed *f);
/* Does the sender of a request want to hear of failures? */
bool msrp_b2b_wants_failures(const struct msrp_head *h);
/* Answers a request that is not passed on, if it is to be answered: "481 No such session". */
void msrp_b2b_refuse(struct feed *f, const struct msrp_head *h, const char *status);
/* Our answers to the other side's peer, which waited for the end of a chunk. */
void msrp_b2b_put_answers(struct feed *f);
/* The rest of the body under way is too much. The sender is to stop, and need not have sent all of it to be told so
 * (RFC 4975 10.5). The receiver is told that no more will come; its answer is nobody's business. */
void msrp_b2b_stop(struct feed *f);
/* The end-line of the message under way, with a CRLF before it or without. */
void msrp_b2b_put_end(struct feed *f, bool has_crlf, char flag);
