/* SPDX-License-Identifier: BSD-2-Clause */
/* A view of bytes that somebody else owns: the currency of all parsers here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *p; /* not terminated; may be NULL when len is 0 */
	size_t len;
};

#define SPAN_NULL ((struct span){ NULL, 0 })
#define SPAN_LIT(s) ((struct span){ (s), sizeof(s) - 1 })
/* For printf: "%.*s", SPAN_FMT(s). Lengths are capped by the codecs far below INT_MAX. */
#define SPAN_FMT(s) (int)(s).len, (s).len ? (s).p : ""

static inline struct span
span_of(const char *p, size_t len)
{
	return (struct span){ p, len };
}

/* View of a terminated string; NULL gives the empty span. */
static inline struct span
span_str(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline bool
span_is_empty(struct span s)
{
	return s.len == 0;
}

/* Bytes equal. */
bool span_eq(struct span a, struct span b);
/* Equal with ASCII letters folded; independent of the locale. */
bool span_caseeq(struct span a, struct span b);
/* span_eq and span_caseeq against a terminated string. */
bool span_eqs(struct span a, const char *s);
bool span_caseeqs(struct span a, const char *s);
/* True when a begins with s; the case variant folds ASCII letters. */
bool span_has_prefix(struct span a, const char *s);
bool span_has_caseprefix(struct span a, const char *s);
/* Without leading and trailing spaces, tabs, CR and LF. */
struct span span_trim(struct span s);
/* Cuts the part before the first sep off *rest and returns it; without sep returns all and empties
 * *rest. *rest.p becomes NULL once the last part was given, so loops can end on it. */
struct span span_cut(struct span *rest, char sep);
/* Cuts the next word (run of non-blanks) off *rest; the empty span when there is none. */
struct span span_word(struct span *rest);
/* Position of c in s, or -1. */
ptrdiff_t span_find(struct span s, char c);
/* Decimal digits only, whole span, value <= max; ERR_SYNTAX or ERR_TOOBIG otherwise. *v is written on
 * success only. */
int span_u64(struct span s, uint64_t max, uint64_t *v);
int span_u32(struct span s, uint32_t max, uint32_t *v);
/* 0 to 15, or -1. */
int span_hex_digit(char c);
/* For tables and for telling texts apart; not against an adversary who may try. */
uint64_t span_hash(struct span s);
/* Heap copy with a terminating NUL (for strdup-like ownership); NULL when out of memory. */
char *span_dup(struct span s);
/* Copies with NUL into buf of cap bytes; ERR_TOOBIG when it does not fit (buf is then empty). */
int span_copy(struct span s, char *buf, size_t cap);
