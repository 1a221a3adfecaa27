/* SPDX-License-Identifier: BSD-2-Clause */
/* What parses prints, in either encoding, to something that parses to the same tree, and bencode's print of it is a
 * fixed point. A broken message leaves a cookie to answer or none, never half of one. */
#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/codec/ngmsg.h"
#include "tests/fuzz/fuzz.h"

/* JSON keeps what UTF-8 can say; other bytes come back as characters of that number. */
static bool
is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* jansson has no NUL in names and keeps the last of equal ones. */
static bool
fits_json(const struct ng_val *v)
{
	if (v->kind == NG_STRING)
		return is_ascii(v->str);
	for (const struct ng_val *c = v->first; c; c = c->next) {
		if (!is_ascii(c->key) || span_find(c->key, '\0') >= 0 || !fits_json(c))
			return false;
		for (const struct ng_val *d = c->next; v->kind == NG_DICT && d; d = d->next)
			if (span_eq(c->key, d->key))
				return false;
	}
	return true;
}

static void
check_same(const struct ng_val *a, const struct ng_val *b)
{
	FUZZ_ASSERT(a->kind == b->kind && a->num == b->num);
	FUZZ_ASSERT(span_eq(a->str, b->str) && span_eq(a->key, b->key));
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		check_same(a, b);
	FUZZ_ASSERT(!a && !b);
}

static void
check_again(const struct ng_msg *m, enum ng_encoding enc)
{
	struct out text, twice;
	struct arena arena;
	struct ng_msg again;
	int rc;

	out_init_heap(&text, 8 * NG_MESSAGE_MAX);
	out_init_heap(&twice, 8 * NG_MESSAGE_MAX);
	arena_init(&arena, NG_ARENA_MAX);
	ng_print(&text, m->cookie, enc, m->dict);
	FUZZ_ASSERT(text.err == 0);
	rc = ng_parse(&arena, out_get(&text), &again);
	FUZZ_ASSERT(rc == 0 || text.len > NG_MESSAGE_MAX || (enc == NG_JSON && !fits_json(m->dict)));
	if (rc == 0) {
		FUZZ_ASSERT(again.encoding == enc && span_eq(again.cookie, m->cookie));
		if (enc == NG_BENCODE || fits_json(m->dict))
			check_same(m->dict, again.dict);
		ng_print(&twice, again.cookie, enc, again.dict);
		FUZZ_ASSERT(enc == NG_JSON || span_eq(out_get(&text), out_get(&twice)));
	}
	arena_fini(&arena);
	out_fini(&text);
	out_fini(&twice);
}

static void
read_some(const struct ng_val *dict)
{
	FUZZ_ASSERT(!ng_get_list(dict, "flags") || ng_get(dict, "flags"));
	FUZZ_ASSERT(!ng_get_str(dict, "call-id").len || ng_get(dict, "call_id"));
	ng_has_flag(dict, "flags", "e2ae");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena arena;
	struct ng_msg m;
	int rc;

	arena_init(&arena, NG_ARENA_MAX);
	rc = ng_parse(&arena, span_of((const char *)p, len), &m);
	FUZZ_ASSERT(rc == 0 || rc == ERR_SYNTAX || rc == ERR_TOOBIG || rc == ERR_NOMEM);
	FUZZ_ASSERT((rc == 0) == (m.dict != NULL) && m.cookie.len <= NG_COOKIE_MAX);
	if (rc == 0) {
		read_some(m.dict);
		check_again(&m, NG_BENCODE);
		check_again(&m, NG_JSON);
	}
	arena_fini(&arena);
	return 0;
}
