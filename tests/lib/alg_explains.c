/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/alg_explains.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "alg/explain.h"
#include "proto/base/bounds.h"

static const char *const stand_ins[] = { "192.0.2.252", "192.0.2.251", "2001:db8::fa", "2001:db8::fc" };

static bool
begins_with_address(struct span s, const char *address)
{
	size_t len = strlen(address);

	return span_has_prefix(s, address) && (s.len == len || !isalnum((unsigned char)s.p[len]));
}

/* Writes the line with every address that may be ours as GW. */
static void
write_without_addresses(const struct pass *p, struct out *o, struct span line)
{
	const char *ours[sizeof(stand_ins) / sizeof(stand_ins[0]) + SIDES];
	char text[SIDES][ADDR_TEXT_MAX];
	size_t n = 0;

	for (; n < sizeof(stand_ins) / sizeof(stand_ins[0]); n++)
		ours[n] = stand_ins[n];
	for (int s = 0; s < SIDES; s++)
		ours[n++] = addr_ip_text(&p->local[s], text[s]);
	while (line.len) {
		size_t i = 0;

		while (i < n && !begins_with_address(line, ours[i]))
			i++;
		if (i < n && o->len > 4 && o->buf[o->len - 2] >= '4' && o->buf[o->len - 2] <= '6' && o->buf[o->len - 1] == ' ')
			o->len -= 4; /* the family is the gateway's choice, too */
		if (i < n)
			out_str(o, "GW");
		else
			out_char(o, line.p[0]);
		i = i < n ? strlen(ours[i]) : 1;
		line = span_of(line.p + i, line.len - i);
	}
}

static bool
is_own_path(const struct pass *p, struct span line)
{
	return memmem(line.p, line.len, "/gateway;tcp", 12) != NULL ||
	       (p->path[0][0] && memmem(line.p, line.len, p->path[0], strlen(p->path[0]))) ||
	       (p->path[1][0] && memmem(line.p, line.len, p->path[1], strlen(p->path[1])));
}

static bool
is_own_fingerprint(const struct pass *p, struct span line)
{
	for (unsigned i = 0; i < p->fprs.n; i++) {
		char text[FPR_TEXT_MAX];

		fpr_text(&p->fprs.v[i], text);
		if (span_eqs(line, text))
			return true;
	}
	return memmem(line.p, line.len, "00:00:00:00:00:00:00:00", 23) != NULL;
}

static void
write_line(const struct pass *p, struct out *o, struct span line)
{
	struct span rest = line, word;

	if (span_has_caseprefix(line, "m=message ")) {
		out_span(o, span_word(&rest));
		word = span_word(&rest);
		out_str(o, span_eqs(word, "0") ? " 0 " : " PORT ");
		out_span(o, rest);
	} else if (span_has_prefix(line, "a=path:") && is_own_path(p, line)) {
		out_str(o, "a=path:OURS\r");
	} else if (span_has_prefix(line, "a=fingerprint:") && is_own_fingerprint(p, span_trim(span_of(line.p + 14, line.len - 14)))) {
		out_str(o, "a=fingerprint:OURS\r");
	} else if (span_eqs(span_trim(line), "c=IN IP4 0.0.0.0") || span_eqs(span_trim(line), "c=IN IP6 ::")) {
		out_str(o, "c=HOLD");
	} else {
		write_without_addresses(p, o, line);
	}
}

static void
write_all(const struct pass *p, struct out *o, struct span text)
{
	out_init_heap(o, SDP_BYTES_MAX * 2);
	while (text.p) {
		write_line(p, o, span_cut(&text, '\n'));
		out_char(o, '\n');
	}
}

bool
alg_same_but_for_gateway(const struct pass *p, struct span want, const struct pass *q, struct span got)
{
	struct out a, b;
	bool ok;

	write_all(p, &a, want);
	write_all(q, &b, got);
	ok = !a.err && !b.err && span_eq(out_get(&a), out_get(&b));
	if (!ok)
		printf("  wanted:\n%.*s  got:\n%.*s", SPAN_FMT(out_get(&a)), SPAN_FMT(out_get(&b)));
	out_fini(&a);
	out_fini(&b);
	return ok;
}

bool
alg_explains(const struct pass *p, struct span offer, struct span offer_out, struct span answer, struct span answer_out)
{
	struct calls_conf conf = { .flow = p->opts, .e2ae = p->policy, .msrp = p->msrp };
	struct alg_request req = { .sdp = offer, .has_direction = true, .from = p->offerer, .ue_e2ae = p->ue_e2ae,
		                   .e2ae = p->key, .family = p->opts.family, .hide_origin = p->hide_origin,
		                   .hide_session = p->hide_session, .received_from = p->opts.source,
		                   .source_address = p->opts.source.family != ADDR_NONE };
	struct span why = SPAN_NULL;
	struct ng_val *reply;
	struct arena a;
	bool refused, ok;

	if (!p->path[SIDE_CORE][0] && conf.msrp == MSRP_POLICY_AUTO)
		conf.msrp = MSRP_POLICY_AGNOSTIC;
	arena_init(&a, NG_ARENA_MAX);
	reply = ng_new_dict(&a);
	refused = explain(&a, &conf, &req, answer, reply, &why) != 0;
	ok = refused == (!offer_out.p || (answer.len && !answer_out.p));
	if (!ok)
		printf("  explain %s: %.*s\n", refused ? "refuses" : "does not refuse", SPAN_FMT(why));
	if (ok && !refused)
		ok = alg_same_but_for_gateway(p, offer_out, p, ng_get_str(reply, "sdp")) &&
		     (!answer.len || alg_same_but_for_gateway(p, answer_out, p, ng_get_str(ng_get(reply, "answer"), "sdp")));
	arena_fini(&a);
	return ok;
}
