/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_writer.h"

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

/* More than there is room for now. */
void
msrp_put_much(struct msrp_writer *w, struct span s)
{
	msrp_flush(w);
	if (s.len > w->sink->cap) {
		write_through(w, s);
		return;
	}
	memcpy(w->sink->room, s.p, s.len);
	w->used = s.len;
}

void
msrp_put_body(struct msrp_writer *w, struct span body, bool is_all)
{
	if (is_all && w->used == 0)
		write_through(w, body);
	else
		msrp_put(w, body);
}
