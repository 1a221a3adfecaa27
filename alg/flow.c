/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/flow.h"

#include <stdarg.h>
#include <stdio.h>

#include "alg/flow_kinds.h"
#include "alg/setup.h"
#include "proto/codec/msrp_uri.h"

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

static bool
has_cema(const struct flow_line *in)
{
	struct span value;

	return sdp_attr(in->sdp, in->line, "msrp-cema", &value);
}

static int
read_path(const struct flow_line *in, struct msrp_path *p)
{
	struct span text;

	return sdp_attr(in->sdp, in->line, "path", &text) ? msrp_path_parse(text, p) : ERR_NOTFOUND;
}

/* The first entry of a=path is where a peer without CEMA is really reached (RFC 4975 5.4). */
static bool
path_counts(const struct flow_line *in, bool aware, struct msrp_uri *first)
{
	struct msrp_path p;

	if (!aware || has_cema(in) || read_path(in, &p))
		return false;
	*first = p.uri[0];
	return true;
}

static bool
address_of_path(const struct flow_line *in, bool aware, struct addr *a)
{
	struct msrp_uri first;
	struct addr got;

	if (!path_counts(in, aware, &first))
		return false;
	if (msrp_uri_addr(&first, &got)) {
		if (!find_host(in->opts, first.host, &got))
			return false;
		got.port = first.has_port ? first.port : MSRP_DEFAULT_PORT;
	}
	*a = got;
	return true;
}

bool
flow_host_needed(const struct flow_line *in, bool aware, struct span *name, enum addr_family *family)
{
	struct span host = SPAN_NULL;
	struct msrp_uri first;
	struct addr a;
	int conn = sdp_conn(in->sdp, in->line, &a, &host);

	if (in->opts->source.family != ADDR_NONE)
		return false;
	*family = sdp_conn_is_v6(in->sdp, in->line) ? ADDR_V6 : ADDR_V4;
	if (path_counts(in, aware, &first)) {
		if (msrp_uri_addr(&first, &a) == 0)
			return false;
		*name = first.host;
		return true;
	}
	if (conn != ERR_NOTFOUND)
		return false;
	*name = host;
	return true;
}

static int
read_address(const struct flow_line *in, bool aware, struct addr *a, struct flow_out *out)
{
	struct span host = SPAN_NULL;
	struct addr got = { 0 }, path;
	int rc = sdp_conn(in->sdp, in->line, &got, &host);

	got.port = in->line->port;
	if (rc == ERR_NOTFOUND && find_host(in->opts, host, &got)) {
		got.port = in->line->port;
		rc = 0;
	}
	/* A held line says so in c= (RFC 3264 8.4) and is held whatever its path says. */
	if ((rc || !addr_is_any(&got)) && address_of_path(in, aware, &path)) {
		got = path;
		rc = 0;
	}
	if (in->opts->source.family != ADDR_NONE) {
		out->moved = rc || !addr_same_ip(&got, &in->opts->source);
		path = in->opts->source;
		path.port = got.port ? got.port : in->line->port;
		got = path;
		rc = 0;
	}
	if (rc == ERR_NOTFOUND)
		return flow_fail(out, rc, "bad-sdp", "no address for host \"%.*s\" in c=", SPAN_FMT(host));
	if (rc)
		return flow_fail(out, rc, "bad-sdp", "no usable c= line");
	*a = got;
	return 0;
}

static int
write_path(const struct flow_line *in, char path[MGC_PATH_MAX], struct flow_out *out)
{
	struct msrp_path p;
	struct out o;
	int rc = read_path(in, &p);

	if (rc)
		return flow_fail(out, rc, "bad-sdp", rc == ERR_NOTFOUND ? "no a=path" : "a=path is not legal");
	out_init(&o, path, MGC_PATH_MAX);
	for (uint8_t i = 0; i < p.n; i++)
		out_printf(&o, "%s%.*s", i ? " " : "", SPAN_FMT(p.uri[i].text));
	if (o.err)
		path[0] = '\0';
	return o.err ? flow_fail(out, o.err, "unsupported", "a=path is too long") : 0;
}

int
flow_peer(const struct flow_line *in, struct mgc_term *t, struct flow_out *out)
{
	bool aware = t->msrp != MSRP_AGNOSTIC;
	int rc = read_address(in, aware, &t->remote, out);

	if (rc || !aware)
		return rc;
	t->remote_cema = has_cema(in);
	return write_path(in, t->remote_path, out);
}

void
flow_begin(const struct flow_line *in, struct mgc_term want[SIDES])
{
	for (int s = 0; s < SIDES; s++)
		want[s] = (struct mgc_term){ .realm = in->opts->realm[s], .msrp = in->msrp };
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

/* Who may connect to a termination, by side, policy and what is known of the peer. moved: its port cannot be known. */
static void
set_gate(enum syn_policy syn, enum side side, bool answered, bool moved, struct mgc_term *t)
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

/* Hold (c=0.0.0.0) is no address either way: the gateway connects to none. */
static bool
has_no_port(const struct mgc_term *t)
{
	return t->remote.family != ADDR_NONE && !addr_is_any(&t->remote) && !flow_port_is_usable(t->remote.port);
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
		.no_port = { has_no_port(&want[SIDE_ACCESS]), has_no_port(&want[SIDE_CORE]) },
		.interlink = in->opts->interlink,
		.prefer = { in->opts->prefer[SIDE_ACCESS], in->opts->prefer[SIDE_CORE] },
		.transparent = in->treatment == TREAT_ANCHOR,
	};
	struct setup_out so;
	int rc = setup_resolve(&si, &so);

	if (rc)
		return flow_fail(out, rc, "bad-sdp", "a=setup:%s%s is not legal in this %s", sdp_setup_name(here),
		                 si.no_port[in->from] ? " without a port" : "", answered ? "answer" : "offer");
	want[in->from].remote_setup = here;
	for (int s = 0; s < SIDES; s++) {
		want[s].setup = so.role[s];
		want[s].link = so.link[s];
		want[s].establish = so.establish[s];
		set_gate(in->opts->syn, (enum side)s, answered, out->moved, &want[s]);
	}
	out->write = so.write;
	/* We can do CEMA ourselves, so every offer of ours says it; an answer to one who did not say it must not (RFC 6714). */
	out->cema = answered ? want[si.offerer].remote_cema : true;
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
