/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_writer.h"

enum { BODY_DIRECT_MIN = 32768 };

static void
write_through(struct msrp_writer *w, struct span s)
{
	w->sink->write(w->sink->arg, w->side, (const uint8_t *)s.p, s.len);
}

void
msrp_flush(struct msrp_writer *w)
{
	if (w->used)
		w->sink->write(w->sink->arg, w->side, w->sink->room, w->used);
	w->used = 0;
}

void
msrp_put(struct msrp_writer *w, struct span s)
{
	if (s.len > w->sink->cap - w->used)
		msrp_flush(w);
	if (s.len > w->sink->cap) {
		write_through(w, s);
	} else if (s.len) {
		memcpy(w->sink->room + w->used, s.p, s.len);
		w->used += s.len;
	}
}

void
msrp_put_str(struct msrp_writer *w, const char *s)
{
	msrp_put(w, span_str(s));
}

void
msrp_put_body(struct msrp_writer *w, struct span body, bool is_all)
{
	if (body.len < BODY_DIRECT_MIN && !(is_all && w->used == 0)) {
		msrp_put(w, body);
		return;
	}
	msrp_flush(w);
	write_through(w, body);
}
