/* SPDX-License-Identifier: BSD-2-Clause */
/* Cursor over H.248 text: blanks and comments, words, values, braces. Private to the mgco_parse files. The
 * first failure sticks: from then on every call is a no-op that says "no", so loops end and callers check once.
 */
#pragma once

#include "proto/codec/mgco.h"

enum mgco_tok {
#define MGCO_TOK(symbol, longname, shortname) TOK_##symbol,
#include "proto/codec/mgco_tok.def"
#undef MGCO_TOK
	TOK_NONE, /* a name, not a token */
};

/* H.248.8 codes for what does not conform to the grammar, by how deep the parser is. */
enum {
	MGCO_BAD_MESSAGE = 400,
	MGCO_BAD_TRANSACTION = 403,
	MGCO_BAD_VERSION = 406,
	MGCO_BAD_NAME = 410,
	MGCO_BAD_ACTION = 422,
	MGCO_BAD_COMMAND = 442,
	MGCO_UNKNOWN_COMMAND = 443,
	MGCO_UNKNOWN_DESCRIPTOR = 444,
	MGCO_UNKNOWN_PARAMETER = 446,
	MGCO_ILLEGAL_DESCRIPTOR = 447,
	MGCO_DESCRIPTOR_TWICE = 448,
	MGCO_PROPERTY_TWICE = 456,
	MGCO_NO_RESOURCES = 510,
};

struct mgco_lex {
	struct arena *arena;
	const char *p, *end;
	const char *counted; /* up to here line counts lines */
	uint32_t line;
	unsigned depth; /* open braces */
	unsigned nodes; /* allocated for the tree */
	uint32_t level; /* code for a plain syntax error here: 400, 403, 422 or 442 */
	bool is_reply;  /* replies may hold bare descriptor names */
	bool in_request;
	uint32_t txn; /* its id, once it was read; 0 between transactions */
	int err;      /* sticky */
	struct mgco_fault fault;
};

void mgco_lex_init(struct mgco_lex *l, struct arena *a, struct span buf);
/* Records the first failure, at is where it was seen. Always false. */
bool mgco_lex_fail(struct mgco_lex *l, int err, uint32_t code, const char *why, const char *at);
/* ERR_SYNTAX with the code of the present level, at the cursor. Always false. */
bool mgco_lex_bad(struct mgco_lex *l, const char *why);

/* Skips LWSP; true when there was some. */
bool mgco_lex_blank(struct mgco_lex *l);
/* Next byte after LWSP, -1 at the end or after a failure. */
int mgco_lex_peek(struct mgco_lex *l);
/* Takes c, with the LWSP around it, when it comes next. */
bool mgco_lex_try(struct mgco_lex *l, char c);
/* Takes c or fails with why. */
bool mgco_lex_need(struct mgco_lex *l, char c, const char *why);
/* Takes "{". */
bool mgco_lex_open(struct mgco_lex *l);
/* Takes "}". */
bool mgco_lex_close(struct mgco_lex *l);
/* After an item in braces: true on ",", false once "}" was taken. do item(); while (mgco_lex_more(l)); */
bool mgco_lex_more(struct mgco_lex *l);
/* A descriptor of which we keep nothing: "= value" and balanced braces or brackets, when they come. */
void mgco_lex_pass(struct mgco_lex *l);

/* 1*SafeChar, not empty. why says what was expected. */
struct span mgco_lex_word(struct mgco_lex *l, const char *why);
/* The token a word spells, long or short, in any case; TOK_NONE for none. */
enum mgco_tok mgco_lex_tok(struct span word);
/* SafeChar of Annex B. */
bool mgco_lex_is_safe(char c);
/* Spelling of a token. */
struct span mgco_tok_text(enum mgco_tok tok, bool in_short);
/* Decimal number up to max; code for the failure. */
bool mgco_lex_u32(struct mgco_lex *l, uint32_t max, uint32_t code, const char *why, uint32_t *v);
/* "*" (UINT32_MAX) or a number: RequestID. */
bool mgco_lex_request_id(struct mgco_lex *l, uint32_t *v);
/* These check a word that was read already. NAME: a letter, then up to 63 letters, digits, "_". */
bool mgco_lex_is_name(struct span s);
/* pkgdName: NAME "/" NAME, with "*" for the item or for both. */
bool mgco_lex_is_pkgd(struct span s);
/* extensionParameter: X- or X+ and up to 6 letters or digits. */
bool mgco_lex_is_extension(struct span s);
/* TimeStamp: yyyymmddThhmmssss. */
bool mgco_lex_is_time(struct span s);
/* TerminationID. */
struct span mgco_lex_term(struct mgco_lex *l);
/* mId, as on the wire. */
struct span mgco_lex_mid(struct mgco_lex *l);
/* Without quotes, or with; false at anything else. */
bool mgco_lex_quoted(struct mgco_lex *l, struct span *text);
/* VALUE as a new node, NULL after a failure. */
struct mgco_text *mgco_lex_value(struct mgco_lex *l);
/* The braces of Local and Remote with the octets between them; "\}" is undone. */
bool mgco_lex_sdp(struct mgco_lex *l, struct span *sdp);

/* A zeroed tree node; NULL (and a failure) beyond MGCO_NODES_MAX or the arena's limit. */
void *mgco_lex_alloc(struct mgco_lex *l, size_t size);
#define MGCO_NODE(l, type) ((type *)mgco_lex_alloc((l), sizeof(type)))
