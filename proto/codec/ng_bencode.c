/* SPDX-License-Identifier: BSD-2-Clause */
/* Bencode: "5:hello", "i42e", "l...e", "d<key><value>...e". Keys come unsorted and repeated, and that is legal here. */
#include "proto/codec/ng_codec.h"


#include "proto/base/bounds.h"

enum { INT_DIGITS_MAX = 20, LEN_DIGITS_MAX = 6 };

enum token_kind { TOKEN_DICT, TOKEN_LIST, TOKEN_END, TOKEN_INT, TOKEN_STR };

struct token {
	enum token_kind kind;
	struct span str;
	int64_t num;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Cuts digits up to the byte `end` off *rest. */
static int
cut_digits(struct span *rest, size_t max, char end, struct span *digits)
{
	size_t n = 0;

	while (n < rest->len && n < max && is_digit(rest->p[n]))
		n++;
	if (n == rest->len)
		return ERR_MORE;
	if (n == 0 || rest->p[n] != end)
		return ERR_SYNTAX;
	*digits = span_of(rest->p, n);
	*rest = span_of(rest->p + n + 1, rest->len - n - 1);
	return 0;
}

static int
read_int(struct span *rest, struct token *t)
{
	struct span digits;
	uint64_t v;
	bool minus;
	int rc;

	*rest = span_of(rest->p + 1, rest->len - 1);
	minus = rest->len && rest->p[0] == '-';
	if (minus)
		*rest = span_of(rest->p + 1, rest->len - 1);
	rc = cut_digits(rest, INT_DIGITS_MAX, 'e', &digits);
	if (rc)
		return rc;
	if (span_u64(digits, minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &v) != 0)
		return ERR_SYNTAX;
	t->kind = TOKEN_INT;
	t->num = !minus ? (int64_t)v : v ? -(int64_t)(v - 1) - 1 : 0;
	return 0;
}

static int
read_str(struct span *rest, struct token *t)
{
	struct span digits;
	uint32_t len;
	int rc = cut_digits(rest, LEN_DIGITS_MAX, ':', &digits);

	if (rc)
		return rc;
	if (span_u32(digits, NG_MESSAGE_MAX, &len) != 0)
		return ERR_TOOBIG;
	if (len > rest->len)
		return ERR_MORE;
	t->kind = TOKEN_STR;
	t->str = span_of(rest->p, len);
	*rest = span_of(rest->p + len, rest->len - len);
	return 0;
}

/* Cuts one token off *rest: ERR_MORE, ERR_SYNTAX, ERR_TOOBIG. */
static int
next_token(struct span *rest, struct token *t)
{
	if (!rest->len)
		return ERR_MORE;
	switch (rest->p[0]) {
	case 'd':
		t->kind = TOKEN_DICT;
		break;
	case 'l':
		t->kind = TOKEN_LIST;
		break;
	case 'e':
		t->kind = TOKEN_END;
		break;
	case 'i':
		return read_int(rest, t);
	default:
		return is_digit(rest->p[0]) ? read_str(rest, t) : ERR_SYNTAX;
	}
	*rest = span_of(rest->p + 1, rest->len - 1);
	return 0;
}

int
ng_bencode_frame(struct span buf, size_t *len)
{
	struct span rest = buf;
	unsigned depth = 0;

	do {
		struct token t;
		int rc = next_token(&rest, &t);

		if (rc)
			return rc;
		if (t.kind == TOKEN_DICT || t.kind == TOKEN_LIST)
			depth++;
		else if (t.kind == TOKEN_END && depth-- == 0)
			return ERR_SYNTAX;
		if (depth > NG_DEPTH_MAX)
			return ERR_TOOBIG;
	} while (depth);
	*len = buf.len - rest.len;
	return 0;
}

/* The containers that are open, and the key that waits for its value. */
struct nest {
	struct ng_val *open[NG_DEPTH_MAX];
	unsigned depth, nodes;
	bool has_key;
	struct span key;
};

static int
add_value(struct arena *a, struct nest *n, const struct token *t)
{
	static const enum ng_kind kinds[] = {
		[TOKEN_DICT] = NG_DICT, [TOKEN_LIST] = NG_LIST, [TOKEN_INT] = NG_INT, [TOKEN_STR] = NG_STRING,
	};
	struct ng_val *v;

	if (n->nodes++ == NG_NODES_MAX)
		return ERR_TOOBIG;
	v = ng_new_val(a, n->depth ? n->open[n->depth - 1] : NULL, n->has_key ? n->key : SPAN_NULL, kinds[t->kind]);
	if (!v)
		return ERR_NOMEM;
	n->has_key = false;
	if (t->kind == TOKEN_STR) {
		v->str = t->str;
	} else if (t->kind == TOKEN_INT) {
		v->num = t->num;
	} else {
		if (n->depth == NG_DEPTH_MAX)
			return ERR_TOOBIG;
		n->open[n->depth++] = v;
	}
	return 0;
}

int
ng_bencode_parse(struct arena *a, struct span buf, struct ng_val **dict)
{
	struct nest n = { 0 };
	struct span rest = buf;

	do {
		struct token t = { 0 };
		int rc = next_token(&rest, &t);

		if (rc)
			return rc;
		if (n.depth == 0 && t.kind != TOKEN_DICT)
			return ERR_SYNTAX;
		if (t.kind == TOKEN_END) {
			if (n.has_key)
				return ERR_SYNTAX;
			n.depth--;
		} else if (n.depth && n.open[n.depth - 1]->kind == NG_DICT && !n.has_key) {
			if (t.kind != TOKEN_STR)
				return ERR_SYNTAX;
			n.key = t.str;
			n.has_key = true;
		} else if ((rc = add_value(a, &n, &t)) != 0) {
			return rc;
		}
	} while (n.depth);
	if (rest.len)
		return ERR_SYNTAX;
	*dict = n.open[0];
	return 0;
}

static void
print_str(struct out *o, struct span s)
{
	out_u64(o, s.len);
	out_char(o, ':');
	out_span(o, s);
}

static void
print_int(struct out *o, int64_t v)
{
	out_char(o, 'i');
	if (v < 0)
		out_char(o, '-');
	out_u64(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	out_char(o, 'e');
}

void
ng_bencode_print(struct out *o, const struct ng_val *v)
{
	switch (v->kind) {
	case NG_STRING:
		print_str(o, v->str);
		break;
	case NG_INT:
		print_int(o, v->num);
		break;
	case NG_LIST:
	case NG_DICT:
		out_char(o, v->kind == NG_DICT ? 'd' : 'l');
		for (const struct ng_val *c = v->first; c; c = c->next) {
			if (v->kind == NG_DICT)
				print_str(o, c->key);
			ng_bencode_print(o, c);
		}
		out_char(o, 'e');
		break;
	}
}
