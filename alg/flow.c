/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/flow.h"

#include <stdarg.h>
#include <stdio.h>

#include "alg/flow_kinds.h"
#include "alg/setup.h"

const struct flow *
flow_find(enum treatment t, enum side offerer)
{
	switch (t) {
	case TREAT_E2AE:
		return offerer == SIDE_CORE ? &flow_e2ae_terminating : &flow_e2ae_originating;
	case TREAT_ANCHOR:
		return &flow_anchor;
	case TREAT_PASS:
	case TREAT_REJECT:
		return NULL;
	}
	return NULL;
}

int
flow_fail(struct flow_out *out, int err, const char *reason, const char *fmt, ...)
{
	va_list ap;

	out->reason = reason;
	va_start(ap, fmt);
	vsnprintf(out->why, sizeof(out->why), fmt, ap);
	va_end(ap);
	return err;
}

static bool
find_host(const struct flow_opts *o, struct span name, struct addr *a)
{
	for (unsigned i = 0; i < o->n_hosts; i++)
		if (span_caseeq(o->hosts[i].name, name)) {
			*a = o->hosts[i].addr;
			return a->family != ADDR_NONE;
		}
	return false;
}

int
flow_remote(const struct flow_line *in, struct addr *a, struct flow_out *out)
{
	struct span host = SPAN_NULL;
	struct addr got = { 0 };
	int rc = sdp_conn(in->sdp, in->line, &got, &host);

	if (in->opts->source.family != ADDR_NONE) {
		out->moved = rc || !addr_same_ip(&got, &in->opts->source);
		got = in->opts->source;
		rc = 0;
	}
	if (rc == ERR_NOTFOUND && !find_host(in->opts, host, &got))
		return flow_fail(out, rc, "bad-sdp", "no address for host \"%.*s\" in c=", SPAN_FMT(host));
	if (rc && rc != ERR_NOTFOUND)
		return flow_fail(out, rc, "bad-sdp", "no usable c= line");
	got.port = in->line->port;
	*a = got;
	return 0;
}

bool
flow_port_is_usable(uint16_t port)
{
	return port != 0 && port != 9;
}

static bool
may_accept(enum sdp_setup role)
{
	return role == SDP_PASSIVE || role == SDP_ACTPASS;
}

void
flow_gate(enum syn_policy syn, enum side side, bool answered, bool moved, struct mgc_term *t)
{
	bool known = t->remote.family != ADDR_NONE && !addr_is_any(&t->remote);

	t->discard = t->latch = t->saf = t->spf = false;
	if (side == SIDE_ACCESS && syn == SYN_LATCH) {
		t->latch = !answered; /* asked for once; asking again would be a new latch */
		return;
	}
	if (!known) {
		t->discard = true;
		return;
	}
	if (side == SIDE_CORE) {
		t->saf = may_accept(t->setup);
		return;
	}
	t->saf = true;
	/* Behind a NAT the signalled port is not the one that the SYN will come from. */
	t->spf = syn == SYN_FILTER && flow_port_is_usable(t->remote.port) && !moved;
}

int
flow_settle(const struct flow_line *in, bool answered, struct mgc_term want[SIDES], struct flow_out *out)
{
	enum sdp_setup here = sdp_setup(in->sdp, in->line);
	struct setup_in si = {
		.offerer = answered ? side_other(in->from) : in->from,
		.offered = answered ? in->offered : here,
		.answered = answered,
		.answer = answered ? here : SDP_SETUP_ABSENT,
		.interlink = in->opts->interlink,
		.prefer = { in->opts->prefer[SIDE_ACCESS], in->opts->prefer[SIDE_CORE] },
		.transparent = in->treatment == TREAT_ANCHOR,
	};
	struct setup_out so;
	int rc = setup_resolve(&si, &so);

	if (rc)
		return flow_fail(out, rc, "bad-sdp", "a=setup:%s is not legal in this %s", sdp_setup_name(here),
		                 answered ? "answer" : "offer");
	want[in->from].remote_setup = here;
	for (int s = 0; s < SIDES; s++) {
		want[s].setup = so.role[s];
		want[s].link = so.link[s];
		want[s].establish = so.establish[s];
		flow_gate(in->opts->syn, (enum side)s, answered, out->moved, &want[s]);
	}
	out->write = so.write;
	return 0;
}

int
flow_fingerprints(const struct flow_line *in, struct fpr_set *set, struct flow_out *out)
{
	struct fpr_set got = { 0 };

	if (!sdp_is_msrp_tls(in->line))
		return flow_fail(out, ERR_MISMATCH, "downgrade", "the UE says \"%.*s\" to e2ae", SPAN_FMT(in->line->proto));
	if (sdp_fingerprints(in->sdp, in->line, &got))
		return flow_fail(out, ERR_SYNTAX, "fp-unsupported", "malformed a=fingerprint of the UE");
	if (got.n == 0 && got.unknown)
		return flow_fail(out, ERR_UNSUPPORTED, "fp-unsupported", "no known hash in a=fingerprint of the UE");
	if (got.n == 0)
		return flow_fail(out, ERR_MISMATCH, "fp-missing", "no a=fingerprint of the UE");
	*set = got;
	return 0;
}
