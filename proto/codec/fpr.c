/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/fpr.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

static const struct {
	const char *name;
	uint8_t len;
} hashes[FPR_HASHES] = {
	[FPR_SHA1] = { "sha-1", 20 },     [FPR_SHA224] = { "sha-224", 28 }, [FPR_SHA256] = { "sha-256", 32 },
	[FPR_SHA384] = { "sha-384", 48 }, [FPR_SHA512] = { "sha-512", 64 },
};

/* 2HEXDIG *(":" 2HEXDIG), exactly len octets. */
static int
parse_octets(struct span s, uint8_t *v, size_t len)
{
	if (s.len != len * 3 - 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		const char *p = s.p + i * 3;
		int hi = span_hex_digit(p[0]);
		int lo = span_hex_digit(p[1]);

		if (hi < 0 || lo < 0 || (i + 1 < len && p[2] != ':'))
			return ERR_SYNTAX;
		v[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

int
fpr_parse(struct span s, struct fpr *f)
{
	struct span name = span_word(&s);
	struct span octets = span_word(&s);
	struct fpr r = { 0 };

	if (octets.len == 0 || span_word(&s).len != 0)
		return ERR_SYNTAX;
	for (r.hash = FPR_SHA1; r.hash < FPR_HASHES; r.hash++)
		if (span_caseeqs(name, hashes[r.hash].name))
			break;
	if (r.hash == FPR_HASHES)
		return ERR_UNSUPPORTED;
	r.len = hashes[r.hash].len;
	if (parse_octets(octets, r.digest, r.len) != 0)
		return ERR_SYNTAX;
	*f = r;
	return 0;
}

const char *
fpr_text(const struct fpr *f, char *buf)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *name = fpr_hash_name(f->hash);
	size_t n = strlen(name);

	memcpy(buf, name, n);
	for (size_t i = 0; i < f->len && i < FPR_DIGEST_MAX; i++) {
		buf[n++] = i ? ':' : ' ';
		buf[n++] = hex[f->digest[i] >> 4];
		buf[n++] = hex[f->digest[i] & 15];
	}
	buf[n] = '\0';
	return buf;
}

const char *
fpr_hash_name(enum fpr_hash h)
{
	return h < FPR_HASHES ? hashes[h].name : "unknown";
}

uint8_t
fpr_hash_len(enum fpr_hash h)
{
	return h < FPR_HASHES ? hashes[h].len : 0;
}

bool
fpr_equal(const struct fpr *a, const struct fpr *b)
{
	unsigned diff = 0;

	if (a->hash != b->hash || a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len && i < FPR_DIGEST_MAX; i++)
		diff |= (unsigned)(a->digest[i] ^ b->digest[i]);
	return diff == 0;
}

int
fpr_set_add(struct fpr_set *set, struct span s)
{
	struct fpr f;
	int rc = fpr_parse(s, &f);

	if (rc != 0 && rc != ERR_UNSUPPORTED)
		return rc;
	if (set->n + set->unknown >= SDP_FINGERPRINTS_MAX)
		return ERR_LIMIT;
	if (rc == 0)
		set->v[set->n++] = f;
	else
		set->unknown++;
	return 0;
}

static bool
is_member(const struct fpr_set *set, const struct fpr *f)
{
	for (size_t i = 0; i < set->n; i++)
		if (fpr_equal(&set->v[i], f))
			return true;
	return false;
}

bool
fpr_set_equal(const struct fpr_set *a, const struct fpr_set *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!is_member(b, &a->v[i]))
			return false;
	for (size_t i = 0; i < b->n; i++)
		if (!is_member(a, &b->v[i]))
			return false;
	return true;
}

struct fpr_list *
fpr_list_new(const struct fpr_set *set)
{
	struct fpr_list *l = malloc(sizeof(*l) + set->n * sizeof(l->v[0]));

	if (!l)
		return NULL;
	l->n = set->n;
	l->unknown = set->unknown;
	memcpy(l->v, set->v, set->n * sizeof(l->v[0]));
	return l;
}

void
fpr_list_get(const struct fpr_list *l, struct fpr_set *set)
{
	*set = (struct fpr_set){ .n = 0 };
	if (!l)
		return;
	set->n = l->n;
	set->unknown = l->unknown;
	memcpy(set->v, l->v, l->n * sizeof(l->v[0]));
}
