/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/setup.h"

#include <stddef.h>

#include "proto/base/err.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

/* One answered session. O is the side that made the offer, F the far side that answered it; "we" is the gateway.
 * Which side is access and which is core does not matter: the flows of TS 23.334 6.2.10.3.1.1 (originating) mirror
 * those of 6.2.10.3.1.2 (terminating). */
struct row {
	enum sdp_setup offered, answer; /* as they came in */
	enum sdp_setup write;           /* our answer to O */
	enum sdp_setup to_o, to_f;      /* our roles */
	const char *clause;
};

/* Proxy mode: F was sent actpass, or the role that --setup-role prefers, whatever O offered (TS 23.334
 * 6.2.10.3.1.2.1 steps 2-8). So F may answer active, passive, holdconn, or nothing at all when it knows RFC 4975 only:
 * then the offerer connects, and towards F that is us. An offerer that said actpass gets the answer that F gave; any
 * other gets the one its offer leaves. */
static const struct row proxy_rows[] = {
	/* O can do both. F connects to us, so we connect to O: in variant A by interlinkage (step 11), in B by
	   order (6.2.10.3.1.2.2 step 16). */
	{ SDP_ACTPASS, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_PASSIVE, "TS 23.334 6.2.10.3.1.2.1 step 11" },
	/* F waits for us and O will connect: the same, mirrored. */
	{ SDP_ACTPASS, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "RFC 6135 4.2" },
	/* F does not know a=setup: as if it were passive. */
	{ SDP_ACTPASS, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "RFC 6135 4.2, RFC 4975 8.5" },

	/* O wants to be connected to. */
	{ SDP_PASSIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_PASSIVE, "TS 23.334 6.2.10.3.1.2.1 step 11" },
	/* So does F: nobody's SYN comes first, we connect both ways. */
	{ SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, "TS 23.334 5.16.2.3" },
	{ SDP_PASSIVE, SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, "TS 23.334 5.16.2.3, RFC 4975 8.5" },

	/* O connects only. F too: TCP merge, both SYNs end at us. */
	{ SDP_ACTIVE, SDP_ACTIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, "TS 23.334 6.2.18.4" },
	{ SDP_ACTIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "RFC 4145 4.1" },
	{ SDP_ACTIVE, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "RFC 4145 4.1, RFC 4975 8.5" },

	/* O knows RFC 4975 only: it connects, and gets no a=setup in the answer. */
	{ SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_PASSIVE, "TS 23.334 6.2.18.4" },
	{ SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_ACTIVE, "RFC 4975 8.5" },
	{ SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_ACTIVE, "RFC 4975 8.5" },

	/* No connection until the next offer. A hold is passed on, as it came, and answered by a hold. */
	{ SDP_ACTPASS, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_PASSIVE, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_ACTIVE, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_SETUP_ABSENT, SDP_HOLDCONN, SDP_SETUP_ABSENT, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	/* F overlooked the hold. The next offer settles it; until then nobody of us connects. */
	{ SDP_HOLDCONN, SDP_SETUP_ABSENT, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
};

/* Transparent: F was sent what O offered and O gets what F answered; we are towards each side what the other one
 * is. Missing rows are answers that RFC 4145 4.1 does not allow. */
static const struct row transparent_rows[] = {
	{ SDP_ACTPASS, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_PASSIVE, "TS 23.334 5.16.2.2" },
	{ SDP_ACTPASS, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "TS 23.334 5.16.2.2" },
	{ SDP_ACTPASS, SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_ACTIVE, "RFC 6135 4.2, RFC 4975 8.5" },
	{ SDP_PASSIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_ACTIVE, SDP_PASSIVE, "TS 23.334 5.16.2.2" },
	{ SDP_ACTIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "TS 23.334 5.16.2.2" },
	{ SDP_ACTIVE, SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_ACTIVE, "RFC 4975 8.5" },
	{ SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_PASSIVE, SDP_PASSIVE, SDP_ACTIVE, "RFC 4975 8.5" },
	{ SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_PASSIVE, SDP_ACTIVE, "RFC 4975 8.5" },
	{ SDP_ACTPASS, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_PASSIVE, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_ACTIVE, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_SETUP_ABSENT, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
	{ SDP_HOLDCONN, SDP_SETUP_ABSENT, SDP_SETUP_ABSENT, SDP_HOLDCONN, SDP_HOLDCONN, "RFC 4145 4.1" },
};

static const struct row *
find_row(const struct setup_in *in)
{
	const struct row *rows = in->transparent ? transparent_rows : proxy_rows;
	size_t n = in->transparent ? COUNT_OF(transparent_rows) : COUNT_OF(proxy_rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].offered == in->offered && rows[i].answer == in->answer)
			return &rows[i];
	return NULL;
}

static bool
is_choice(enum sdp_setup prefer)
{
	return prefer == SDP_ACTIVE || prefer == SDP_PASSIVE;
}

/* a=setup of the offer that F gets. */
static enum sdp_setup
sent(const struct setup_in *in)
{
	enum sdp_setup prefer = in->prefer[side_other(in->offerer)];

	if (in->transparent || in->offered == SDP_HOLDCONN)
		return in->offered;
	return is_choice(prefer) ? prefer : SDP_ACTPASS;
}

/* Until the answer both terminations can still do either. A SYN from F may trigger ours to O already (variant A),
 * if O can be connected to and shall be; the reverse has no address to go to. */
static struct setup_out
resolve_offer(const struct setup_in *in)
{
	struct setup_out r = {
		.write = sent(in),
		.role = { SDP_ACTPASS, SDP_ACTPASS },
		.clause = in->transparent ? "TS 23.334 5.16.2.2" : "TS 23.334 6.2.10.3.1.2.1 steps 2-8",
	};
	bool connects_to_o = in->offered == SDP_PASSIVE ||
	                     (in->offered == SDP_ACTPASS && in->prefer[in->offerer] != SDP_PASSIVE);

	if (in->offered == SDP_HOLDCONN) {
		r.role[SIDE_ACCESS] = r.role[SIDE_CORE] = SDP_HOLDCONN;
		r.clause = "RFC 4145 4.1";
	}
	r.link[side_other(in->offerer)] = in->interlink && connects_to_o && r.write != SDP_ACTIVE;
	return r;
}

/* RFC 4145 4.1: F answers with the other role than the one that it was offered, or with a hold, or not at all when it
 * knows RFC 4975 only. */
static bool
may_answer(enum sdp_setup offer, enum sdp_setup answer)
{
	return offer == SDP_ACTPASS || answer != offer || answer == SDP_HOLDCONN;
}

/* What O leaves open, the operator may decide. */
static void
apply_preference(const struct setup_in *in, struct setup_out *r)
{
	enum sdp_setup prefer = in->prefer[in->offerer];

	if (in->transparent || in->offered != SDP_ACTPASS || in->answer == SDP_HOLDCONN || !is_choice(prefer) ||
	    r->role[in->offerer] == prefer)
		return;
	r->write = r->role[in->offerer] = prefer;
	r->clause = "RFC 4145 4.1";
}

/* Where we connect, either the partner's SYN triggers it (variant A, when there will be one) or the ALG orders
 * it. */
static void
choose_triggers(const struct setup_in *in, struct setup_out *r)
{
	for (int i = 0; i < SIDES; i++) {
		enum side here = (enum side)i;
		enum side there = side_other(here);

		if (r->role[here] != SDP_ACTIVE)
			continue;
		if (in->interlink && r->role[there] == SDP_PASSIVE)
			r->link[there] = true;
		else
			r->establish[here] = true;
	}
}

/* A peer without a port can do no more than connect. Where it leaves that open, that is what it said. */
static int
narrow(enum sdp_setup open, enum sdp_setup *said)
{
	if (*said == SDP_PASSIVE)
		return ERR_MISMATCH;
	if (*said == open)
		*said = SDP_ACTIVE;
	return 0;
}

static int
narrow_both(struct setup_in *in)
{
	int rc = 0;

	if (in->no_port[in->offerer])
		rc = narrow(SDP_ACTPASS, &in->offered);
	if (!rc && in->answered && in->offered != SDP_HOLDCONN && in->no_port[side_other(in->offerer)])
		rc = narrow(SDP_SETUP_ABSENT, &in->answer);
	return rc;
}

int
setup_resolve(const struct setup_in *said, struct setup_out *out)
{
	struct setup_in meant = *said, *in = &meant;
	struct setup_out r = { 0 };
	const struct row *row;
	int rc;

	if (in->offered >= SDP_SETUP_BAD || (in->answered && in->answer >= SDP_SETUP_BAD))
		return ERR_SYNTAX;
	if ((rc = narrow_both(in)))
		return rc;
	if (!in->answered) {
		*out = resolve_offer(in);
		return 0;
	}
	row = find_row(in);
	if (!row || (!in->transparent && !may_answer(sent(in), in->answer)))
		return ERR_MISMATCH;
	r.write = row->write;
	r.role[in->offerer] = row->to_o;
	r.role[side_other(in->offerer)] = row->to_f;
	r.clause = row->clause;
	apply_preference(in, &r);
	choose_triggers(in, &r);
	*out = r;
	return 0;
}

static int
parse_one(struct span s, enum sdp_setup prefer[SIDES])
{
	struct span side = span_cut(&s, ':');
	enum sdp_setup role;

	if (span_eqs(s, "auto"))
		role = SDP_SETUP_ABSENT;
	else if (span_eqs(s, "active"))
		role = SDP_ACTIVE;
	else if (span_eqs(s, "passive"))
		role = SDP_PASSIVE;
	else
		return ERR_SYNTAX;
	if (span_eqs(side, "access"))
		prefer[SIDE_ACCESS] = role;
	else if (span_eqs(side, "core"))
		prefer[SIDE_CORE] = role;
	else
		return ERR_SYNTAX;
	return 0;
}

int
setup_prefer_parse(struct span s, enum sdp_setup prefer[SIDES])
{
	enum sdp_setup got[SIDES] = { prefer[SIDE_ACCESS], prefer[SIDE_CORE] };
	int rc;

	do {
		if ((rc = parse_one(span_cut(&s, ','), got)))
			return rc;
	} while (s.p);
	prefer[SIDE_ACCESS] = got[SIDE_ACCESS];
	prefer[SIDE_CORE] = got[SIDE_CORE];
	return 0;
}
