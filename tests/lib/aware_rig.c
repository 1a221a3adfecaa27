/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/aware_rig.h"

#include <stdio.h>

#include "tests/lib/tmain.h"

static const struct tls_peer_conf any_ue = { .version = 0 };

void
aware_set_side(struct rig *r, unsigned side, const char *own, const char *peer)
{
	struct leg_msrp *m = &r->order.msrp[side];

	m->aware = true;
	(void)span_copy(span_str(own), m->own, sizeof(m->own));
	(void)span_copy(span_str(peer), m->peer, sizeof(m->peer));
}

void
aware_set(struct rig *r)
{
	aware_set_side(r, T1, GW_UE, UE);
	aware_set_side(r, T2, GW_CORE, CORE);
}

bool
aware_has_heard(void *arg)
{
	const struct aware_heard *h = arg;

	return h->peer->got >= h->len;
}

/* The peer aware_hears exactly this, from now on. */
bool
aware_hears(struct rig *r, struct rig_peer *p, const char *text)
{
	struct aware_heard h = { p, strlen(text) };
	bool ok = loop_sim_run(r->loop, RIG_BUDGET_MS, aware_has_heard, &h);

	rig_rest(r, 0);
	ok = ok && p->got == h.len && p->hash == peer_hash(text, h.len, PEER_HASH_START);
	if (!ok)
		printf("\n  wanted %zu octets\n%s\n  got %zu octets\n%.*s\n", h.len, text, p->got,
		       (int)(p->got < RIG_KEEP_MAX ? p->got : RIG_KEEP_MAX), p->kept);
	p->got = 0;
	p->hash = PEER_HASH_START;
	return ok;
}

void
aware_pass(struct rig *r, struct rig_peer *from, const char *in, const char *out)
{
	peer_send(from, in, strlen(in));
	CU_ASSERT(aware_hears(r, from == &r->ue ? &r->core : &r->ue, out));
}

bool
aware_ue_is_secure(void *arg)
{
	return ((struct rig *)arg)->ue.secure;
}

bool
aware_core_is_up(void *arg)
{
	return ((struct rig *)arg)->core.up;
}

void
aware_begin(struct rig *r)
{
	rig_init(r, "127.0.0.1", any_ue);
	aware_set(r);
	aware_connect(r);
}

void
aware_connect(struct rig *r)
{
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, aware_ue_is_secure, RIG_BUDGET_MS));
	CU_ASSERT_TRUE(rig_until(r, aware_core_is_up, RIG_BUDGET_MS));
}

/* One empty message and its answer, with fresh counting. */
void
aware_talk(struct rig *r)
{
	aware_pass(r, &r->ue, MSG("bind SEND", GW_UE, UE, "-------bind$" CRLF),
	           MSG("bind SEND", CORE, GW_CORE, "-------bind$" CRLF));
	aware_pass(r, &r->core, MSG("bind 200 OK", GW_CORE, CORE, "-------bind$" CRLF),
	           MSG("bind 200 OK", UE, GW_UE, "-------bind$" CRLF));
}
