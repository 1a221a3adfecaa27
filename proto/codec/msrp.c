/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp.h"

#include <stdlib.h>
#include <string.h>

#include "proto/codec/msrp_head.h"

enum {
	CRLF_LEN = 2,
	DASHES_LEN = 7,
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

static size_t
flag_at(const struct msrp_framer *f)
{
	return f->end_len - (size_t)CRLF_LEN - 1;
}

static bool
is_flag(char c)
{
	return c == '$' || c == '+' || c == '#';
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

static void
set_end(struct msrp_framer *f, struct span tid)
{
	char *at = f->end;

	memcpy(at, "\r\n-------", CRLF_LEN + DASHES_LEN);
	at += CRLF_LEN + DASHES_LEN;
	memcpy(at, tid.p, tid.len);
	at += tid.len;
	*at++ = '\0';
	memcpy(at, "\r\n", CRLF_LEN);
	f->end_len = (uint8_t)(at + CRLF_LEN - f->end);
}

/* The head's last line is the end-line: "-------" tid flag CRLF, seven dashes checked already. */
static int
read_end_line(struct msrp_framer *f, struct span line)
{
	size_t at = flag_at(f) - CRLF_LEN;

	if (line.len != (size_t)f->end_len - CRLF_LEN || memcmp(line.p, f->end + CRLF_LEN, at) != 0 ||
	    !is_flag(line.p[at]) || memcmp(line.p + at + 1, "\r\n", CRLF_LEN) != 0)
		return fail(f, ERR_SYNTAX, "an end-line does not fit its message");
	f->end[flag_at(f)] = line.p[at];
	return 0;
}

static bool
is_end_line(struct span line)
{
	return span_has_prefix(line, "-------");
}

/* A blank line or an end-line ends the head. */
static bool
is_last(struct span line)
{
	return span_eqs(line, "\r\n") || is_end_line(line);
}

/* text is a whole head with its last line. */
static int
give_head(struct msrp_framer *f, struct span text, struct span last, struct msrp_event *ev)
{
	struct msrp_head head;
	int err = msrp_head_parse(span_of(text.p, text.len - last.len), &head, &f->why);

	if (err)
		return fail(f, err, f->why);
	head.has_body = !is_end_line(last);
	set_end(f, head.tid);
	err = head.has_body ? 0 : read_end_line(f, last);
	if (err)
		return err;
	f->state = head.has_body ? MSRP_IN_BODY : MSRP_AT_END;
	/* An end-line straight after the blank line counts too: the CRLF before it is there. */
	f->matched = f->not_body = CRLF_LEN;
	*ev = (struct msrp_event){ .kind = MSRP_HEAD, .head = head };
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
			return give_head(f, span_of(f->gathered, f->n_gathered), line, ev);
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
			return give_head(f, text, line, ev);
		}
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
	*ev = (struct msrp_event){ .kind = MSRP_BODY, .body = span_of(p, len) };
}

static void
give_end(struct msrp_framer *f, struct msrp_event *ev, bool has_crlf)
{
	*ev = (struct msrp_event){ .kind = MSRP_END, .flag = f->end[flag_at(f)], .has_crlf = has_crlf };
	f->state = MSRP_IN_HEAD;
	f->matched = f->not_body = 0;
}

/* Goes on with an end-line whose beginning was seen. False: the input is used up. */
static bool
match_on(struct msrp_framer *f, struct span *in)
{
	while (in->len && f->matched < f->end_len) {
		char c = in->p[0];

		if (f->matched == flag_at(f)) {
			if (!is_flag(c))
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

/* The length of the longest end of s that an end-line can begin with. Of the part up to the flag only the first
 * octet is a CR, so it begins at the last CR or not at all. */
static size_t
begun_at_end(const struct msrp_framer *f, struct span s)
{
	size_t most = flag_at(f) - 1;
	struct span tail = s.len > most ? span_of(s.p + s.len - most, most) : s;
	const char *cr = memrchr(tail.p, '\r', tail.len);
	size_t len = cr ? (size_t)(tail.p + tail.len - cr) : 0;

	return len && memcmp(cr, f->end, len) == 0 ? len : 0;
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
		found = memmem(in->p, in->len, f->end, flag_at(f));
		len = found ? (size_t)(found - in->p) : in->len - begun_at_end(f, *in);
		f->matched = (uint8_t)(found ? flag_at(f) : in->len - len);
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
