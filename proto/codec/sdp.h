/* SPDX-License-Identifier: BSD-2-Clause */
/* SDP (RFC 4566/8866) as an index of lines over the caller's bytes: nothing is copied, nothing is lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/addr.h"
#include "proto/base/arena.h"
#include "proto/base/bounds.h"
#include "proto/base/span.h"
#include "proto/codec/fpr.h"

struct sdp_line {
	char type;         /* 'm', 'a', ...; 0 for a line without "x=" (blank, dirt): carried, never read */
	struct span value; /* after "x=", without the line end */
	struct span raw;   /* with its line end, if it has one */
};

struct sdp_media {
	uint32_t line;    /* index of its m= line */
	uint32_t n_lines; /* m= line included, up to the next m= or the end */
	struct span media, proto, fmt; /* "message" "TCP/TLS/MSRP" "*" */
	uint16_t port;
	bool has_count;   /* m=audio 49170/2 */
	bool is_broken;   /* port or shape of the m= line is not legal: must pass untouched */
};

struct sdp {
	struct span text;
	struct sdp_line *lines;
	uint32_t n_lines;
	struct sdp_media *media;
	uint32_t n_media;
	uint32_t n_session_lines; /* lines before the first m= */
	const char *eol;          /* "\r\n" or "\n": the style of the first line, for lines we add */
};

/* Indexes text, which must outlive the result. Tolerates LF, missing last line end, blank lines, dirt that has no
 * "x=" form, a doubled v=, no t=. ERR_SYNTAX: does not begin with v= (leading white space allowed) or holds NUL;
 * ERR_TOOBIG: more than SDP_BYTES_MAX, SDP_LINES_MAX or SDP_MEDIA_MAX; ERR_NOMEM. */
int sdp_parse(struct arena *a, struct span text, struct sdp *s);

/* True for a well-formed m=message line whose proto is TCP/MSRP or TCP/TLS/MSRP (any case). */
bool sdp_is_msrp(const struct sdp_media *m);
bool sdp_is_msrp_tls(const struct sdp_media *m);

/* Index of the n-th (from 0) a=name line of a media section, or with m == NULL of the session part; -1 when none.
 * name without ':'; names compare without case. */
int32_t sdp_attr_line(const struct sdp *s, const struct sdp_media *m, const char *name, uint32_t n);
/* Value after "a=name:" of a line found so (empty for a flag attribute), blanks trimmed. */
struct span sdp_attr_value(const struct sdp *s, int32_t line);
/* Media level value, else session level; false when neither is there. */
bool sdp_attr(const struct sdp *s, const struct sdp_media *m, const char *name, struct span *value);

/* Index of the c= line in force for m (media level, else session level), or -1. */
int32_t sdp_conn_line(const struct sdp *s, const struct sdp_media *m);
/* Its address. A host name gives ERR_NOTFOUND with *host set; no or broken c= line ERR_SYNTAX. The port is m's. */
int sdp_conn(const struct sdp *s, const struct sdp_media *m, struct addr *a, struct span *host);

/* True when the c= line in force says IP6, whatever follows. */
bool sdp_conn_is_v6(const struct sdp *s, const struct sdp_media *m);

/* a=setup (RFC 4145). ABSENT is a fact of its own: RFC 4975 rules then apply. */
enum sdp_setup { SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_PASSIVE, SDP_ACTPASS, SDP_HOLDCONN, SDP_SETUP_BAD };
enum sdp_setup sdp_setup(const struct sdp *s, const struct sdp_media *m);
const char *sdp_setup_name(enum sdp_setup setup);

/* All a=fingerprint lines in force for m: its own, else the session's (RFC 8122 5). ERR_SYNTAX when one is
 * malformed, ERR_LIMIT when there are too many. Zero lines: 0 with an empty set. */
int sdp_fingerprints(const struct sdp *s, const struct sdp_media *m, struct fpr_set *set);

/* a=3ge2ae (TS 24.229 7.5.2), media level only. */
enum sdp_3ge2ae { SDP_E2AE_ABSENT, SDP_E2AE_REQUESTED, SDP_E2AE_APPLIED, SDP_E2AE_OTHER };
enum sdp_3ge2ae sdp_3ge2ae(const struct sdp *s, const struct sdp_media *m);

/* a=sendrecv, sendonly, recvonly, inactive: media level, else session level, else sendrecv. */
enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };
enum sdp_direction sdp_direction(const struct sdp *s, const struct sdp_media *m);
