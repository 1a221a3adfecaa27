/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp.h"

#include <stdlib.h>
#include <string.h>

#include "proto/codec/msrp_end.h"
#include "proto/codec/msrp_head.h"

enum {
	GATHER_STEP = 1024, /* the room grows by doubling from here */
};

static int
fail(struct msrp_framer *f, int err, const char *why)
{
	f->state = MSRP_BROKEN;
	f->err = err;
	f->why = why;
	return err;
}

/* ---- head ---- */

static void
forget_gathered(struct msrp_framer *f)
{
	free(f->gathered);
	f->gathered = NULL;
	f->n_gathered = f->line = 0;
	f->is_given = false;
}

/* The head's last line is the end-line: "-------" tid flag CRLF, seven dashes checked already. */
static int
read_end_line(struct msrp_framer *f, struct span line)
{
	size_t at = msrp_end_flag_at(f) - CRLF_LEN;

	if (line.len != (size_t)f->end_len - CRLF_LEN || memcmp(line.p, f->end + CRLF_LEN, at) != 0 ||
	    !msrp_end_is_flag(line.p[at]) || memcmp(line.p + at + 1, "\r\n", CRLF_LEN) != 0)
		return fail(f, ERR_SYNTAX, "an end-line does not fit its message");
	f->end[msrp_end_flag_at(f)] = line.p[at];
	return 0;
}

static bool
is_end_line(struct span line)
{
	return line.len > DASHES_LEN && memcmp(line.p, "-------", DASHES_LEN) == 0;
}

/* A blank line or an end-line ends the head. */
static bool
is_last(struct span line)
{
	return (line.len == CRLF_LEN && line.p[0] == '\r') || is_end_line(line);
}

/* Takes the lines of a head one by one. */
struct reader {
	struct msrp_head *head;
	int err; /* the start line's */
	const char *why;
	size_t start_len; /* 0: that is the line to come */
};

static void
read_line(struct reader *r, struct span line)
{
	if (r->start_len == 0) {
		r->err = msrp_head_begin(r->head, line, &r->why);
		r->start_len = line.len;
	} else if (!r->err) {
		msrp_head_add(r->head, line);
	}
}

/* All lines of text were read but the last one. */
static int
give_head(struct msrp_framer *f, const struct reader *r, struct span text, struct span last, struct msrp_event *ev)
{
	int err = r->err;

	if (err)
		return fail(f, err, r->why);
	msrp_head_end(r->head, span_of(text.p + r->start_len, text.len - r->start_len - last.len));
	ev->kind = MSRP_HEAD;
	ev->head.has_body = !is_end_line(last);
	msrp_end_set(f, ev->head.tid);
	err = ev->head.has_body ? 0 : read_end_line(f, last);
	if (err)
		return err;
	f->state = ev->head.has_body ? MSRP_IN_BODY : MSRP_AT_END;
	/* An end-line straight after the blank line counts too: the CRLF before it is there. */
	f->matched = f->not_body = CRLF_LEN;
	return 0;
}

/* Length of the line at the beginning of s with its LF; 0: it is not whole yet. */
static size_t
line_len(struct span s)
{
	const char *lf = s.len ? memchr(s.p, '\n', s.len) : NULL;

	return lf ? (size_t)(lf - s.p) + 1 : 0;
}

static int
gather(struct msrp_framer *f, struct span s)
{
	size_t need = f->n_gathered + s.len, cap = GATHER_STEP, had = GATHER_STEP;
	char *room;

	if (need > MSRP_HEAD_MAX)
		return fail(f, ERR_TOOBIG, "the headers are too long");
	while (had < f->n_gathered)
		had *= 2;
	while (cap < need)
		cap *= 2;
	if (!f->gathered || cap > had) {
		room = realloc(f->gathered, cap);
		if (!room)
			return fail(f, ERR_NOMEM, "out of memory");
		f->gathered = room;
	}
	if (s.len)
		memcpy(f->gathered + f->n_gathered, s.p, s.len);
	f->n_gathered = need;
	return 0;
}

static int
give_gathered(struct msrp_framer *f, struct span last, struct msrp_event *ev)
{
	struct span text = span_of(f->gathered, f->n_gathered), rest = span_of(text.p, text.len - last.len);
	struct reader r = { .head = &ev->head };

	do {
		size_t len = line_len(rest);

		read_line(&r, span_of(rest.p, len));
		rest = span_of(rest.p + len, rest.len - len);
	} while (rest.len);
	return give_head(f, &r, text, last, ev);
}

/* The rest of a head whose first part is gathered, line by line: how much of the input is head shows only
 * so. */
static int
gather_on(struct msrp_framer *f, struct span *in, struct msrp_event *ev)
{
	while (in->len) {
		size_t len = line_len(*in);
		struct span line;
		int err = gather(f, span_of(in->p, len ? len : in->len));

		if (err)
			return err;
		if (!len) {
			*in = span_of(in->p + in->len, 0);
			break;
		}
		*in = span_of(in->p + len, in->len - len);
		line = span_of(f->gathered + f->line, f->n_gathered - f->line);
		if (is_last(line)) {
			f->is_given = true;
			return give_gathered(f, line, ev);
		}
		f->line = f->n_gathered;
	}
	return ERR_MORE;
}

/* What is certainly not the beginning of a message is refused at once, not when a line of it is whole. */
static int
check_start(struct msrp_framer *f, struct span s)
{
	static const char start[] = "MSRP ";
	size_t n = sizeof(start) - 1;

	if (memcmp(s.p, start, s.len < n ? s.len : n) != 0)
		return fail(f, ERR_SYNTAX, "this is not MSRP");
	return 0;
}

/* Some peers keep a connection alive by CRLFs between messages. */
static void
skip_crlf(struct span *in)
{
	while (in->len && (in->p[0] == '\r' || in->p[0] == '\n'))
		*in = span_of(in->p + 1, in->len - 1);
}

static int
next_head(struct msrp_framer *f, struct span *in, struct msrp_event *ev)
{
	struct reader r = { .head = &ev->head };
	size_t at = 0, len;
	int err;

	if (!f->gathered) {
		skip_crlf(in);
		if (in->len == 0)
			return ERR_MORE;
	}
	/* As far as the start was not looked at before. */
	if (f->n_gathered < 5) {
		char start[5];
		size_t n = in->len < 5 - f->n_gathered ? in->len : 5 - f->n_gathered;

		if (n == 0)
			return ERR_MORE;
		if (f->n_gathered)
			memcpy(start, f->gathered, f->n_gathered);
		memcpy(start + f->n_gathered, in->p, n);
		err = check_start(f, span_of(start, f->n_gathered + n));
		if (err)
			return err;
	}
	if (f->gathered)
		return gather_on(f, in, ev);
	while (at <= MSRP_HEAD_MAX && (len = line_len(span_of(in->p + at, in->len - at))) != 0) {
		struct span line = span_of(in->p + at, len);

		at += len;
		if (at > MSRP_HEAD_MAX)
			break;
		if (is_last(line)) {
			struct span text = span_of(in->p, at);

			*in = span_of(in->p + at, in->len - at);
			return give_head(f, &r, text, line, ev);
		}
		read_line(&r, line);
	}
	err = gather(f, *in);
	if (err)
		return err;
	f->line = at;
	*in = span_of(in->p + in->len, 0);
	return ERR_MORE;
}

/* ---- body and end-line ---- */

static void
give_body(struct msrp_event *ev, const char *p, size_t len)
{
	ev->kind = MSRP_BODY;
	ev->body = span_of(p, len);
}

static void
give_end(struct msrp_framer *f, struct msrp_event *ev, bool has_crlf)
{
	size_t skip = has_crlf ? 0 : CRLF_LEN;

	ev->kind = MSRP_END;
	ev->flag = f->end[msrp_end_flag_at(f)];
	ev->has_crlf = has_crlf;
	ev->line = span_of(f->end + skip, f->end_len - skip);
	f->state = MSRP_IN_HEAD;
	f->matched = f->not_body = 0;
}

/* Goes on with an end-line whose beginning was seen. False: the input is used up. */
static bool
match_on(struct msrp_framer *f, struct span *in)
{
	while (in->len && f->matched < f->end_len) {
		char c = in->p[0];

		if (f->matched == msrp_end_flag_at(f)) {
			if (!msrp_end_is_flag(c))
				return true;
			f->end[f->matched] = c;
		} else if (c != f->end[f->matched]) {
			return true;
		}
		f->matched++;
		*in = span_of(in->p + 1, in->len - 1);
	}
	return f->matched == f->end_len;
}

static int
next_body(struct msrp_framer *f, struct span *in, struct msrp_event *ev)
{
	const char *found;
	size_t len;

	while (in->len) {
		if (f->matched) {
			size_t held, from = f->not_body;

			if (!match_on(f, in))
				return ERR_MORE;
			if (f->matched == f->end_len) {
				give_end(f, ev, f->not_body == 0);
				return 0;
			}
			/* A look-alike: it was body. */
			held = f->matched - from;
			f->matched = f->not_body = 0;
			if (held) {
				give_body(ev, f->end + from, held);
				return 0;
			}
		}
		found = msrp_end_find(f, *in);
		len = found ? (size_t)(found - in->p) : in->len - msrp_end_begun(f, *in);
		f->matched = (uint8_t)(found ? msrp_end_flag_at(f) : in->len - len);
		if (len) {
			give_body(ev, in->p, len);
			*in = span_of(in->p + len + f->matched, in->len - len - f->matched);
			return 0;
		}
		*in = span_of(in->p + f->matched, in->len - f->matched);
	}
	return ERR_MORE;
}

int
msrp_next(struct msrp_framer *f, struct span *in, struct msrp_event *ev)
{
	if (f->is_given)
		forget_gathered(f);
	switch (f->state) {
	case MSRP_IN_HEAD:
		return next_head(f, in, ev);
	case MSRP_IN_BODY:
		return next_body(f, in, ev);
	case MSRP_AT_END:
		give_end(f, ev, false);
		return 0;
	case MSRP_BROKEN:
		break;
	}
	return f->err;
}

void
msrp_reset(struct msrp_framer *f)
{
	free(f->gathered);
	*f = (struct msrp_framer){ .state = MSRP_IN_HEAD };
}
