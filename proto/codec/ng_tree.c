/* SPDX-License-Identifier: BSD-2-Clause */
/* NG dictionaries: looking up, in rtpengine's spellings, and making. */
#include "proto/codec/ng_codec.h"

#include <assert.h>

/* ---- look-up ---- */

/* "transport protocol", "transport-protocol" and "transport_protocol" are one name. */
static char
fold_blank(char c)
{
	return c == ' ' || c == '_' ? '-' : c;
}

static bool
is_name(struct span s, const char *name)
{
	size_t i;

	for (i = 0; i < s.len && name[i]; i++)
		if (fold_blank(s.p[i]) != fold_blank(name[i]))
			return false;
	return i == s.len && !name[i];
}

/* The last member of that name which is of the kind, or of any kind for NULL. */
static const struct ng_val *
find_last(const struct ng_val *dict, const char *key, const enum ng_kind *kind)
{
	const struct ng_val *hit = NULL;

	if (!dict || dict->kind != NG_DICT)
		return NULL;
	for (const struct ng_val *v = dict->first; v; v = v->next)
		if ((!kind || v->kind == *kind) && is_name(v->key, key))
			hit = v;
	return hit;
}

const struct ng_val *
ng_get(const struct ng_val *dict, const char *key)
{
	return find_last(dict, key, NULL);
}

const struct ng_val *
ng_get_list(const struct ng_val *dict, const char *key)
{
	return find_last(dict, key, &(enum ng_kind){ NG_LIST });
}

struct span
ng_get_str(const struct ng_val *dict, const char *key)
{
	const struct ng_val *v = find_last(dict, key, &(enum ng_kind){ NG_STRING });

	return v ? v->str : SPAN_NULL;
}

bool
ng_has_flag(const struct ng_val *dict, const char *key, const char *flag)
{
	const struct ng_val *list = ng_get_list(dict, key);

	for (const struct ng_val *v = list ? list->first : NULL; v; v = v->next)
		if (v->kind == NG_STRING && is_name(v->str, flag))
			return true;
	return false;
}

/* ---- builders ---- */

struct ng_val *
ng_new_val(struct arena *a, struct ng_val *parent, struct span key, enum ng_kind kind)
{
	struct ng_val *v = ARENA_NEW(a, struct ng_val);

	if (!v)
		return NULL;
	v->kind = kind;
	v->key = key;
	if (parent && parent->last)
		parent->last->next = v;
	else if (parent)
		parent->first = v;
	if (parent)
		parent->last = v;
	return v;
}

struct ng_val *
ng_new_dict(struct arena *a)
{
	return ng_new_val(a, NULL, SPAN_NULL, NG_DICT);
}

static struct ng_val *
add(struct arena *a, struct ng_val *parent, const char *key, enum ng_kind kind)
{
	if (!parent)
		return NULL;
	assert(parent->kind == NG_LIST || (parent->kind == NG_DICT && key));
	return ng_new_val(a, parent, span_str(key), kind);
}

struct ng_val *
ng_add_str(struct arena *a, struct ng_val *parent, const char *key, struct span s)
{
	struct ng_val *v = add(a, parent, key, NG_STRING);

	if (v)
		v->str = s;
	return v;
}

struct ng_val *
ng_add_int(struct arena *a, struct ng_val *parent, const char *key, int64_t n)
{
	struct ng_val *v = add(a, parent, key, NG_INT);

	if (v)
		v->num = n;
	return v;
}

struct ng_val *
ng_add_dict(struct arena *a, struct ng_val *parent, const char *key)
{
	return add(a, parent, key, NG_DICT);
}

struct ng_val *
ng_add_list(struct arena *a, struct ng_val *parent, const char *key)
{
	return add(a, parent, key, NG_LIST);
}
