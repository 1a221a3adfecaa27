/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_txn.h"

#include <stdlib.h>

/* Out of memory means that one response finds no request. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->is_entered = false)
#include <uthash.h>

#include "agw/agw_limits.h"

struct msrp_txn {
	char tid[MSRP_TID_MAX + 1]; /* as it went out */
	bool is_hop, is_entered;
	char *was;        /* as it came; NULL: the same */
	uint64_t over_ms; /* UINT64_MAX: under way */
	UT_hash_handle hh;
};

static void
forget(struct msrp_txns *t, struct msrp_txn *x)
{
	if (t->last == x)
		t->last = NULL;
	HASH_DEL(t->all, x);
	free(x->was);
	free(x);
}

static struct msrp_txn *
find(const struct msrp_txns *t, struct span tid)
{
	struct msrp_txn *x;

	HASH_FIND(hh, t->all, tid.p, tid.len, x);
	return x;
}

/* The oldest ones first: uthash keeps the order of entry, in which they also end. */
static void
expire(struct msrp_txns *t, uint64_t now_ms)
{
	while (t->all && t->all->over_ms <= now_ms)
		forget(t, t->all);
	if (HASH_COUNT(t->all) >= MSRP_TXNS_MAX) {
		t->forgot_ms = now_ms + MSRP_TXN_MS;
		forget(t, t->all);
	}
}

/* "g" and 16 random hex digits: no peer can guess it and place it in a body. */
static void
make_tid(void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t r[8];

	fill(r, sizeof(r));
	*out++ = 'g';
	for (size_t i = 0; i < sizeof(r); i++) {
		*out++ = digits[r[i] >> 4];
		*out++ = digits[r[i] & 15];
	}
	*out = '\0';
}

void
msrp_txn_begin(struct msrp_txns *t, struct span tid, bool is_hop, uint64_t now_ms,
               void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1])
{
	struct msrp_txn *x;
	bool clash;

	expire(t, now_ms);
	clash = find(t, tid) != NULL;
	if (clash)
		make_tid(fill, out);
	else
		(void)span_copy(tid, out, MSRP_TID_MAX + 1);
	x = calloc(1, sizeof(*x));
	if (x && clash)
		x->was = span_dup(tid);
	if (x && (!clash || x->was)) {
		memcpy(x->tid, out, sizeof(x->tid));
		x->is_hop = is_hop;
		x->over_ms = UINT64_MAX;
		x->is_entered = true;
		HASH_ADD_STR(t->all, tid, x);
	}
	if (x && x->is_entered) {
		t->last = x;
		return;
	}
	if (x)
		free(x->was);
	free(x);
	t->forgot_ms = now_ms + MSRP_TXN_MS;
}

void
msrp_txn_sent(struct msrp_txns *t, uint64_t now_ms)
{
	if (t->last)
		t->last->over_ms = now_ms + MSRP_TXN_MS;
	t->last = NULL;
}

int
msrp_txn_answer(struct msrp_txns *t, struct span tid, uint64_t now_ms, char was[MSRP_TID_MAX + 1], bool *is_hop)
{
	struct msrp_txn *x;

	if (tid.len > MSRP_TID_MAX)
		return ERR_NOTFOUND;
	x = find(t, tid);
	if (x && x->over_ms <= now_ms) {
		forget(t, x);
		return ERR_NOTFOUND;
	}
	if (x) {
		(void)span_copy(span_str(x->was ? x->was : x->tid), was, MSRP_TID_MAX + 1);
		*is_hop = x->is_hop;
		forget(t, x);
		return 0;
	}
	if (now_ms >= t->forgot_ms)
		return ERR_NOTFOUND;
	(void)span_copy(tid, was, MSRP_TID_MAX + 1);
	*is_hop = true;
	return 0;
}

void
msrp_txns_clear(struct msrp_txns *t)
{
	while (t->all)
		forget(t, t->all);
	t->forgot_ms = 0;
}
