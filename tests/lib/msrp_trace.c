/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/msrp_trace.h"

#include <stdlib.h>

struct tracer {
	struct out *o;
	char tid[MSRP_TID_MAX + 1];
	bool in_body;
};

typedef void (*event_fn)(struct tracer *t, const struct msrp_event *ev);

/* ---- as text ---- */

static void
print_text(struct out *o, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 32 || c > 126 || c == '\\')
			out_printf(o, "\\%02x", c);
		else
			out_char(o, s.p[i]);
	}
}

static void
trace_head(struct tracer *t, const struct msrp_head *head)
{
	struct span rest = head->headers;
	struct msrp_header h;

	out_printf(t->o, "%s ", head->code ? "response" : "request");
	print_text(t->o, head->tid);
	if (head->code)
		out_printf(t->o, " %u", head->code);
	out_char(t->o, head->code && !head->comment.len ? '\n' : ' ');
	print_text(t->o, head->code ? head->comment : head->method);
	if (!head->code || head->comment.len)
		out_char(t->o, '\n');
	while (msrp_header_next(&rest, &h)) {
		out_str(t->o, "  ");
		print_text(t->o, h.name);
		out_char(t->o, '=');
		print_text(t->o, h.value);
		out_char(t->o, '\n');
	}
	if (head->broken)
		out_printf(t->o, "  broken: %s\n", head->broken);
	if (head->has_body)
		out_str(t->o, "  body ");
	t->in_body = head->has_body;
}

static void
trace(struct tracer *t, const struct msrp_event *ev)
{
	switch (ev->kind) {
	case MSRP_HEAD:
		trace_head(t, &ev->head);
		break;
	case MSRP_BODY:
		print_text(t->o, ev->body);
		break;
	case MSRP_END:
		out_printf(t->o, "%send %c%s\n", t->in_body ? "\n" : "", ev->flag,
		           t->in_body && !ev->has_crlf ? " without CRLF" : "");
		t->in_body = false;
		break;
	}
}

/* ---- as it came ---- */

static void
echo(struct tracer *t, const struct msrp_event *ev)
{
	const struct msrp_head *h = &ev->head;

	switch (ev->kind) {
	case MSRP_HEAD:
		(void)span_copy(h->tid, t->tid, sizeof(t->tid));
		out_printf(t->o, "MSRP %s ", t->tid);
		if (h->code)
			out_printf(t->o, "%03u%s%.*s\r\n", h->code, h->comment.p ? " " : "",
				SPAN_FMT(h->comment));
		else
			out_printf(t->o, "%.*s\r\n", SPAN_FMT(h->method));
		out_span(t->o, h->headers);
		out_str(t->o, h->has_body ? "\r\n" : "");
		break;
	case MSRP_BODY:
		out_span(t->o, ev->body);
		break;
	case MSRP_END:
		out_printf(t->o, "%s-------%s%c\r\n", ev->has_crlf ? "\r\n" : "", t->tid, ev->flag);
		break;
	}
}

/* ---- both ---- */

static int
run(struct span stream, msrp_cut_fn cut, void *arg, struct msrp_framer *f, struct tracer *t, event_fn on_event)
{
	int err = ERR_MORE;

	while (stream.len && err == ERR_MORE) {
		size_t n = cut(arg, stream.len);
		char *piece = malloc(n);
		struct msrp_event ev;
		struct span in;

		if (!piece)
			return ERR_NOMEM;
		memcpy(piece, stream.p, n);
		in = span_of(piece, n);
		while ((err = msrp_next(f, &in, &ev)) == 0)
			on_event(t, &ev);
		stream = span_of(stream.p + n, stream.len - n);
		free(piece);
	}
	return err;
}

int
msrp_trace(struct span stream, msrp_cut_fn cut, void *arg, struct out *text)
{
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct tracer t = { .o = text };
	int err = run(stream, cut, arg, &f, &t, trace);

	if (err != ERR_MORE)
		out_printf(text, "%serror %s: %s\n", t.in_body ? "\n" : "", err_str(err), f.why ? f.why : "?");
	else if (f.state != MSRP_IN_HEAD || f.gathered)
		out_printf(text, "%sunfinished %s\n", t.in_body ? "\n" : "", t.in_body ? "body" : "head");
	msrp_reset(&f);
	return err;
}

int
msrp_echo(struct span stream, msrp_cut_fn cut, void *arg, struct out *bytes)
{
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct tracer t = { .o = bytes };
	int err = run(stream, cut, arg, &f, &t, echo);

	msrp_reset(&f);
	return err;
}

size_t
msrp_cut_none(void *arg, size_t left)
{
	(void)arg;
	return left;
}

size_t
msrp_cut_all(void *arg, size_t left)
{
	(void)arg;
	return left ? 1 : 0;
}

size_t
msrp_cut_once(void *arg, size_t left)
{
	size_t *first = arg;
	size_t n = *first && *first < left ? *first : left;

	*first = 0;
	return n;
}

size_t
msrp_cut_random(void *arg, size_t left)
{
	uint64_t *seed = arg;
	uint64_t most;

	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	most = *seed & 1024 ? 8 : *seed & 2048 ? 80 : 3000;
	most = 1 + (*seed >> 32) % most;
	return most < left ? (size_t)most : left;
}
