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
	enum msrp_hops hops;
	bool is_entered;
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
find(const struct msrp_txns *t, struct span tid, unsigned hash)
{
	struct msrp_txn *x;

	HASH_FIND_BYHASHVALUE(hh, t->all, tid.p, tid.len, hash, x);
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

/* NULL: out of memory. */
static struct msrp_txn *
enter(struct msrp_txns *t, const char tid[MSRP_TID_MAX + 1], unsigned hash, enum msrp_hops hops)
{
	struct msrp_txn *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	memcpy(x->tid, tid, sizeof(x->tid));
	x->hops = hops;
	x->over_ms = UINT64_MAX;
	x->is_entered = true;
	HASH_ADD_BYHASHVALUE(hh, t->all, tid, strlen(x->tid), hash, x);
	if (x->is_entered)
		return x;
	free(x);
	return NULL;
}

static unsigned
hash_of(struct span tid)
{
	unsigned hash;

	HASH_VALUE(tid.p, tid.len, hash);
	return hash;
}

void
msrp_txn_begin(struct msrp_txns *t, struct span tid, enum msrp_hops hops, uint64_t now_ms,
               void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1])
{
	unsigned hash = hash_of(tid);
	char *was = NULL;
	bool clash;

	expire(t, now_ms);
	clash = find(t, tid, hash) != NULL;
	if (clash) {
		make_tid(fill, out);
		hash = hash_of(span_str(out));
		was = span_dup(tid);
	} else {
		(void)span_copy(tid, out, MSRP_TID_MAX + 1);
	}
	t->last = clash && !was ? NULL : enter(t, out, hash, hops);
	if (t->last) {
		t->last->was = was;
		return;
	}
	free(was);
	t->forgot_ms = now_ms + MSRP_TXN_MS;
}

void
msrp_txn_own(struct msrp_txns *t, uint64_t now_ms, void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1])
{
	struct msrp_txn *x;

	expire(t, now_ms);
	make_tid(fill, out);
	x = enter(t, out, hash_of(span_str(out)), MSRP_NO_HOP);
	if (x)
		x->over_ms = now_ms + MSRP_TXN_MS;
}

void
msrp_txn_sent(struct msrp_txns *t, uint64_t now_ms)
{
	if (t->last)
		t->last->over_ms = now_ms + MSRP_TXN_MS;
	t->last = NULL;
}

int
msrp_txn_stop(struct msrp_txns *t, char was[MSRP_TID_MAX + 1])
{
	struct msrp_txn *x = t->last;

	if (!x)
		return ERR_NOTFOUND;
	x->hops = MSRP_NO_HOP;
	return span_copy(span_str(x->was ? x->was : x->tid), was, MSRP_TID_MAX + 1);
}

int
msrp_txn_answer(struct msrp_txns *t, struct span tid, uint64_t now_ms, char was[MSRP_TID_MAX + 1],
                enum msrp_hops *hops)
{
	struct msrp_txn *x;

	if (tid.len > MSRP_TID_MAX)
		return ERR_NOTFOUND;
	x = find(t, tid, hash_of(tid));
	if (x && x->over_ms <= now_ms) {
		forget(t, x);
		return ERR_NOTFOUND;
	}
	if (x) {
		(void)span_copy(span_str(x->was ? x->was : x->tid), was, MSRP_TID_MAX + 1);
		*hops = x->hops;
		forget(t, x);
		return 0;
	}
	if (now_ms >= t->forgot_ms)
		return ERR_NOTFOUND;
	(void)span_copy(tid, was, MSRP_TID_MAX + 1);
	*hops = MSRP_ONE_HOP;
	return 0;
}

void
msrp_txns_clear(struct msrp_txns *t)
{
	while (t->all)
		forget(t, t->all);
	t->forgot_ms = 0;
}
