/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP messages out of a byte stream (RFC 4975 section 9): heads, bodies as they come, end-lines. Bytes may
 * arrive in any pieces; the same bytes give the same events, but for where bodies are cut. A body is never
 * stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/base/span.h"

/* The lines before a body or end-line. To-Path and From-Path occur exactly once each, anywhere. */
struct msrp_head {
	struct span start; /* the first line, with its CRLF */
	struct span tid;
	struct span method;  /* of a request: "SEND", or a word that we never heard of */
	uint16_t code;       /* of a response; 0: a request */
	struct span comment; /* of a response; may be empty */
	struct span headers; /* all header lines with their CRLFs */
	struct span to_path, from_path;
	struct span to_line, from_line;         /* where those two stand in headers */
	struct span failure_report, byte_range; /* values, empty when absent */
	bool has_type;                          /* there is a Content-Type */
	bool has_body; /* a blank line followed; a body so begun may still be empty */
	/* NULL, or what is wrong with the headers (static): their meaning is unclear then, but where the message ends
	 * is not. Whatever was not understood is empty. */
	const char *broken;
};

enum msrp_event_kind { MSRP_HEAD, MSRP_BODY, MSRP_END };

struct msrp_event {
	enum msrp_event_kind kind;
	struct msrp_head head; /* MSRP_HEAD */
	struct span body;      /* MSRP_BODY: the next octets of it, never none */
	struct span line;      /* MSRP_END: the end-line, with the CRLF before it if that is not body */
	char flag;             /* MSRP_END: '$' whole, '+' more chunks follow, '#' given up */
	bool has_crlf;         /* MSRP_END: a CRLF that is not body stood before the end-line */
};

enum { MSRP_END_MAX = 2 + 7 + MSRP_TID_MAX + 1 + 2 }; /* CRLF, "-------", tid, flag, CRLF */

enum msrp_state { MSRP_IN_HEAD, MSRP_IN_BODY, MSRP_AT_END, MSRP_BROKEN };

/* All zero is ready for the first byte of a connection. */
struct msrp_framer {
	enum msrp_state state;
	char end[MSRP_END_MAX]; /* end-line of the message under way; its flag is written as it is seen */
	uint8_t end_len;
	uint8_t matched;  /* so many octets of end are what the input ended with */
	uint8_t not_body; /* the first of those belonged to the blank line */
	bool is_given;    /* the gathered head was given out */
	char *gathered;   /* a head that arrives in pieces; NULL most of the time */
	size_t n_gathered, line; /* octets in it; where its last line begins */
	int err;          /* MSRP_BROKEN */
	const char *why;
};

/* The next event; takes what it used off *in. Spans point into *in or the framer and last until the next
 * call. ERR_MORE: *in is used up. ERR_SYNTAX, ERR_TOOBIG (MSRP_HEAD_MAX), ERR_NOMEM: the connection cannot
 * be understood any more, f->why says why; every later call says the same. */
int msrp_next(struct msrp_framer *f, struct span *in, struct msrp_event *ev) MUST_CHECK;
/* Frees what is gathered; ready for another connection. */
void msrp_reset(struct msrp_framer *f);

struct msrp_header {
	struct span name, value; /* blanks around the value are not part of it */
	struct span line;        /* all of it, with CRLF */
};

/* Cuts the next header off *rest, which begins as head.headers; false when none is left. */
bool msrp_header_next(struct span *rest, struct msrp_header *h);

struct msrp_range {
	uint64_t start; /* of the first octet of this chunk, from 1 */
	uint64_t total; /* octets of the whole message; UINT64_MAX: not said */
};

/* The value of Byte-Range, but for its end. ERR_SYNTAX. */
int msrp_range_parse(struct span value, struct msrp_range *r) MUST_CHECK;
