/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two peers of a simulated call say in SDP, told by what is special about it. */
#pragma once

#include <stdbool.h>

/* All zero: the usual first SDP of the core (or with ue, of the UE: TLS with a fingerprint) with one line. */
struct sdp_say {
	bool ue;
	unsigned version;    /* of o=; 0: 1 */
	const char *conn;    /* "IP4 192.0.2.1"; NULL: that peer's usual address */
	const char *setup;   /* NULL: actpass of the core, active of the UE; "": none */
	const char *session; /* session-id in a=path; NULL: "s" */
	char fpr;            /* hex digit that the fingerprint is made of; 0: '1' */
	const char *fprs;    /* or the whole value of a=fingerprint */
	unsigned port;       /* of the first line, others follow; 0: usual */
	unsigned n;          /* lines; 0: one */
	unsigned closed;     /* bit i: line i has port 0 */
	const char *attr;    /* one more attribute of each line, with CRLF; NULL: none */
};

/* Static text, valid until eight more calls. */
const char *say(const struct sdp_say *s);
#define SAY(...) say(&(const struct sdp_say){ __VA_ARGS__ })
