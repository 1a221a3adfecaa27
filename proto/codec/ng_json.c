/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON of NG, by jansson. */
#include "proto/codec/ng_codec.h"

#include <inttypes.h>
#include <jansson.h>

#include "proto/base/bounds.h"
#include "proto/codec/json_out.h"

int
ng_json_frame(struct span buf, size_t *len)
{
	unsigned depth = 0, nodes = 0;
	bool in_string = false;

	for (size_t i = 0; i < buf.len; i++) {
		char c = buf.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth-- == 0)
			return ERR_SYNTAX;
		/* Counted here, so that jansson's recursion and memory are bounded before it starts. */
		if (c == '{' || c == '[' || c == ',')
			nodes++;
		if (depth > NG_DEPTH_MAX || nodes > NG_NODES_MAX)
			return ERR_TOOBIG;
		if (depth == 0) {
			*len = i + 1;
			return 0;
		}
	}
	return ERR_MORE;
}

/* Copies what a JSON value holds into v, whose kind the caller chose by kind_of(). */
static int fill(struct arena *a, struct ng_val *v, const json_t *j);

/* False for null, which we leave out. */
static bool
kind_of(const json_t *j, enum ng_kind *kind)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		*kind = NG_DICT;
		return true;
	case JSON_ARRAY:
		*kind = NG_LIST;
		return true;
	case JSON_STRING:
	case JSON_REAL:
		*kind = NG_STRING;
		return true;
	case JSON_INTEGER:
	case JSON_TRUE:
	case JSON_FALSE:
		*kind = NG_INT;
		return true;
	case JSON_NULL:
		break;
	}
	return false;
}

static int
add_member(struct arena *a, struct ng_val *parent, const char *key, const json_t *j)
{
	enum ng_kind kind;
	struct ng_val *v;
	struct span name = SPAN_NULL;

	if (!kind_of(j, &kind))
		return 0;
	if (key) {
		name = arena_span(a, span_str(key));
		if (!name.p)
			return ERR_NOMEM;
	}
	v = ng_new_val(a, parent, name, kind);
	return v ? fill(a, v, j) : ERR_NOMEM;
}

static int
fill_dict(struct arena *a, struct ng_val *v, const json_t *j)
{
	json_t *object = (json_t *)(uintptr_t)j; /* jansson's iterators are not const */
	int rc = 0;

	for (void *it = json_object_iter(object); it && !rc; it = json_object_iter_next(object, it))
		rc = add_member(a, v, json_object_iter_key(it), json_object_iter_value(it));
	return rc;
}

static int
fill(struct arena *a, struct ng_val *v, const json_t *j)
{
	int rc = 0;

	switch (v->kind) {
	case NG_DICT:
		return fill_dict(a, v, j);
	case NG_LIST:
		for (size_t i = 0; i < json_array_size(j) && !rc; i++)
			rc = add_member(a, v, NULL, json_array_get(j, i));
		return rc;
	case NG_INT:
		v->num = json_is_integer(j) ? json_integer_value(j) : json_is_true(j);
		return 0;
	case NG_STRING:
		if (json_is_real(j))
			v->str = arena_printf(a, "%.17g", json_real_value(j));
		else
			v->str = arena_span(a, span_of(json_string_value(j), json_string_length(j)));
		return v->str.p ? 0 : ERR_NOMEM;
	}
	return ERR_INVAL;
}

int
ng_json_parse(struct arena *a, struct span buf, struct ng_val **dict)
{
	struct ng_val *v;
	json_error_t e;
	json_t *j;
	size_t len;
	int rc = ng_json_frame(buf, &len);

	if (rc)
		return rc;
	j = json_loadb(buf.p, buf.len, JSON_ALLOW_NUL, &e);
	if (!j)
		return json_error_code(&e) == json_error_out_of_memory ? ERR_NOMEM : ERR_SYNTAX;
	v = ng_new_val(a, NULL, SPAN_NULL, NG_DICT);
	if (!json_is_object(j))
		rc = ERR_SYNTAX;
	else
		rc = v ? fill(a, v, j) : ERR_NOMEM;
	json_decref(j);
	if (rc == 0)
		*dict = v;
	return rc;
}

void
ng_json_print(struct out *o, const struct ng_val *v)
{
	switch (v->kind) {
	case NG_STRING:
		out_json_string(o, v->str);
		break;
	case NG_INT:
		out_printf(o, "%" PRId64, v->num);
		break;
	case NG_LIST:
	case NG_DICT:
		out_char(o, v->kind == NG_DICT ? '{' : '[');
		for (const struct ng_val *c = v->first; c; c = c->next) {
			if (v->kind == NG_DICT) {
				out_json_string(o, c->key);
				out_char(o, ':');
			}
			ng_json_print(o, c);
			if (c->next)
				out_char(o, ',');
		}
		out_char(o, v->kind == NG_DICT ? '}' : ']');
		break;
	}
}
