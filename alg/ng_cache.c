/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/ng_cache.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "alg/alg_limits.h"
#include "proto/base/bounds.h"

/* Host, not port: a proxy may repeat from another worker's socket. The content guards against a proxy that was restarted
 * and counts its cookies from the start again. */
struct entry {
	UT_hash_handle hh;
	struct ng_running run; /* while it is executed */
	char *reply;           /* afterwards */
	size_t reply_len, key_len;
	uint8_t key[];         /* family, address, hash of the content, cookie */
};

struct generation {
	struct entry *entries;
	size_t bytes;
};

struct ng_cache {
	struct loop *loop;
	struct entry *running;
	struct slots ids;
	struct generation now, before;
	uint64_t since_ms; /* when now began */
};

enum { KEY_FIXED = 1 + 16 + 8, KEY_MAX = KEY_FIXED + NG_COOKIE_MAX };

static size_t
make_key(uint8_t key[KEY_MAX], const struct ng_dest *from, struct span msg, struct span cookie)
{
	uint64_t h = span_hash(msg);

	key[0] = (uint8_t)from->peer.family;
	memcpy(key + 1, from->peer.ip, 16);
	memcpy(key + 17, &h, 8);
	memcpy(key + KEY_FIXED, cookie.p, cookie.len);
	return KEY_FIXED + cookie.len;
}

static void
free_entries(struct entry **head)
{
	struct entry *e, *next;

	HASH_ITER(hh, *head, e, next) {
		HASH_DEL(*head, e);
		free(e->reply);
		free(e);
	}
}

static void
drop_generation(struct generation *g)
{
	free_entries(&g->entries);
	g->bytes = 0;
}

static void
turn(struct ng_cache *c)
{
	drop_generation(&c->before);
	c->before = c->now;
	c->now = (struct generation){ 0 };
	c->since_ms = loop_now_ms(c->loop);
}

static void
turn_when_due(struct ng_cache *c)
{
	uint64_t age = loop_now_ms(c->loop) - c->since_ms;

	if (age < NG_CACHE_MS)
		return;
	if (age >= 2 * NG_CACHE_MS)
		turn(c);
	turn(c);
}

struct ng_cache *
ng_cache_new(struct loop *l)
{
	struct ng_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = l;
	c->since_ms = loop_now_ms(l);
	slots_init(&c->ids, NG_RUNNING_MAX);
	return c;
}

void
ng_cache_free(struct ng_cache *c)
{
	if (!c)
		return;
	free_entries(&c->running);
	drop_generation(&c->now);
	drop_generation(&c->before);
	slots_fini(&c->ids);
	free(c);
}

static struct entry *
find_entry(struct entry *head, const uint8_t *key, size_t len)
{
	struct entry *e = NULL;

	HASH_FIND(hh, head, key, len, e);
	return e;
}

static struct entry *
new_entry(struct ng_cache *c, const uint8_t *key, size_t len)
{
	struct entry *e = calloc(1, sizeof(*e) + len);

	if (!e)
		return NULL;
	memcpy(e->key, key, len);
	e->key_len = len;
	if (!(e->run.id = slots_add(&c->ids, e))) {
		free(e);
		return NULL;
	}
	HASH_ADD(hh, c->running, key[0], (unsigned)len, e);
	if (!e->hh.tbl) {
		slots_remove(&c->ids, e->run.id);
		free(e);
		return NULL;
	}
	return e;
}

enum ng_seen
ng_cache_begin(struct ng_cache *c, const struct ng_dest *from, struct span msg, const struct ng_msg *parsed,
               struct ng_running **run, struct span *reply)
{
	uint8_t key[KEY_MAX];
	struct entry *e;
	size_t len;

	if (parsed->cookie.len > NG_COOKIE_MAX)
		return NG_REFUSED;
	turn_when_due(c);
	len = make_key(key, from, msg, parsed->cookie);
	if ((e = find_entry(c->running, key, len))) {
		e->run.from = *from;
		return NG_REPEATED;
	}
	if ((e = find_entry(c->now.entries, key, len)) || (e = find_entry(c->before.entries, key, len))) {
		*reply = span_of(e->reply, e->reply_len);
		return NG_ANSWERED;
	}
	if (!(e = new_entry(c, key, len)))
		return NG_REFUSED;
	e->run.from = *from;
	e->run.cookie = span_of((const char *)e->key + KEY_FIXED, len - KEY_FIXED);
	e->run.encoding = parsed->encoding;
	*run = &e->run;
	return NG_FIRST;
}

struct ng_running *
ng_cache_find(struct ng_cache *c, slot_id id)
{
	struct entry *e = slots_find(&c->ids, id);

	return e ? &e->run : NULL;
}

void
ng_cache_finish(struct ng_cache *c, struct ng_running *run, struct span reply)
{
	struct entry *e = slots_find(&c->ids, run->id);
	size_t cost = sizeof(*e) + e->key_len + reply.len;

	HASH_DEL(c->running, e);
	slots_remove(&c->ids, e->run.id);
	turn_when_due(c);
	if (HASH_COUNT(c->now.entries) >= NG_CACHE_ENTRIES_MAX || c->now.bytes + cost > NG_CACHE_BYTES_MAX)
		turn(c);
	e->reply = span_dup(reply);
	e->reply_len = reply.len;
	memset(&e->hh, 0, sizeof(e->hh));
	if (e->reply)
		HASH_ADD(hh, c->now.entries, key[0], (unsigned)e->key_len, e);
	if (!e->hh.tbl) {
		free(e->reply);
		free(e);
		return;
	}
	c->now.bytes += cost;
}
