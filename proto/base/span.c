/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/span.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

static unsigned char
fold(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
span_caseeq(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool
span_eqs(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

bool
span_caseeqs(struct span a, const char *s)
{
	return span_caseeq(a, span_str(s));
}

bool
span_has_prefix(struct span a, const char *s)
{
	size_t n = strlen(s);

	return a.len >= n && span_eqs(span_of(a.p, n), s);
}

bool
span_has_caseprefix(struct span a, const char *s)
{
	size_t n = strlen(s);

	return a.len >= n && span_caseeqs(span_of(a.p, n), s);
}

struct span
span_trim(struct span s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct span
span_cut(struct span *rest, char sep)
{
	struct span all = *rest;
	ptrdiff_t at = span_find(all, sep);

	if (at < 0) {
		*rest = SPAN_NULL;
		return all;
	}
	rest->p += at + 1;
	rest->len -= (size_t)at + 1;
	return span_of(all.p, (size_t)at);
}

struct span
span_word(struct span *rest)
{
	struct span w;

	while (rest->len && is_blank(rest->p[0])) {
		rest->p++;
		rest->len--;
	}
	w = span_of(rest->p, 0);
	while (rest->len && !is_blank(rest->p[0])) {
		rest->p++;
		rest->len--;
		w.len++;
	}
	return w;
}

ptrdiff_t
span_find(struct span s, char c)
{
	const char *hit = s.len ? memchr(s.p, c, s.len) : NULL;

	return hit ? hit - s.p : -1;
}

int
span_u64(struct span s, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;

	if (s.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9)
			return ERR_SYNTAX;
		if (n > (max - digit) / 10 || digit > max)
			return ERR_TOOBIG;
		n = n * 10 + digit;
	}
	*v = n;
	return 0;
}

int
span_u32(struct span s, uint32_t max, uint32_t *v)
{
	uint64_t wide;
	int rc = span_u64(s, max, &wide);

	if (rc == 0)
		*v = (uint32_t)wide;
	return rc;
}

int
span_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *
span_dup(struct span s)
{
	char *p = malloc(s.len + 1);

	if (!p)
		return NULL;
	if (s.len)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

int
span_copy(struct span s, char *buf, size_t cap)
{
	if (s.len >= cap) {
		if (cap)
			buf[0] = '\0';
		return ERR_TOOBIG;
	}
	if (s.len)
		memcpy(buf, s.p, s.len);
	buf[s.len] = '\0';
	return 0;
}

/* Eight octets a step; the length is in it, so that zeros at the end count. */
uint64_t
span_hash(struct span s)
{
	const uint64_t k = 0x9e3779b97f4a7c15u;
	uint64_t h = s.len * k, w;

	while (s.len) {
		size_t n = s.len < sizeof(w) ? s.len : sizeof(w);

		w = 0;
		memcpy(&w, s.p, n);
		h = (h ^ w) * k;
		h ^= h >> 29;
		s = span_of(s.p + n, s.len - n);
	}
	return h;
}
