/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of line edits over an SDP: lines without an edit leave byte-identical and in order. */
#pragma once

#include "proto/base/out.h"
#include "proto/codec/sdp.h"

struct sdp_edits {
	const struct sdp *sdp;
	struct arena *arena;
	struct sdp_edit *first, *last;
	uint32_t n;
	int err; /* sticky: ERR_LIMIT or ERR_NOMEM */
};

/* Edits of s, kept in a; both must outlive it. */
void sdp_edits_init(struct sdp_edits *e, struct arena *a, const struct sdp *s);
/* New value for a line, its type kept; it ends as the SDP's lines do, or like the text. Text is copied. The last edit of a
 * line wins. */
void sdp_edit_set(struct sdp_edits *e, uint32_t line, const char *fmt, ...) PRINTF_LIKE(3, 4);
void sdp_edit_delete(struct sdp_edits *e, uint32_t line);
/* Adds a whole line ("a=setup:active", no line end) after a line; several come out in order of calling. The
 * line end is the SDP's style; a missing one on the line before is completed first. */
void sdp_edit_insert(struct sdp_edits *e, uint32_t after, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Writes the result to o and returns the sticky error of e or o. Without edits the output is s->text. */
int sdp_edit_apply(const struct sdp_edits *e, struct out *o);
