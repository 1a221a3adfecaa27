/* SPDX-License-Identifier: BSD-2-Clause */
/* Random peers and random orders: no byte crosses while no fingerprint matches, and nothing breaks. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agw/leg.h"
#include "tests/lib/relay_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_torture";

enum { STEPS = 250, SEEDS = 4 };

static const char text[] = "MSRP 1 SEND\r\n-------1$\r\n";

static unsigned
pick(unsigned n)
{
	return (unsigned)rand() / 7 % n;
}

static void
act_as_peer(struct rig *r, struct rig_peer *p, unsigned side)
{
	if (p->fd < 0 || p->broken) {
		peer_forget(p);
		if (r->t[side].port && pick(2))
			peer_connect(p, &r->t[side]);
		return;
	}
	switch (pick(8)) {
	case 0:
		peer_finish(p);
		break;
	case 1:
		peer_reset(p);
		break;
	case 2:
		peer_forget(p);
		break;
	case 3: /* neither TLS nor welcome; and then perhaps gone */
		(void)!send(p->fd, "\x16\x03\x03\x00\x05" "hello", 10, MSG_NOSIGNAL);
		if (pick(2))
			peer_reset(p);
		break;
	default:
		peer_send(p, text, sizeof(text) - 1);
		break;
	}
}

static void
choose_fingerprints(struct rig *r, bool may_match)
{
	struct leg_spec *s = &r->order.leg[T1];
	struct fpr_set *fprs = &r->order.fprs[T1];

	*fprs = tls_peer_fprs(&r->ue.tls, pick(2) ? FPR_SHA256 : FPR_SHA384);
	s->fpr_known = pick(3) != 0;
	if (!may_match || pick(3) == 0) {
		fprs->v[0].digest[pick(32)] ^= 0x10;
		if (pick(4) == 0)
			*fprs = (struct fpr_set){ .unknown = 1 };
		else if (pick(4) == 0)
			*fprs = tls_peer_fprs(&r->ue.tls, FPR_SHA1); /* right, but not allowed */
	}
}

static void
change_something(struct rig *r, bool may_match)
{
	static const enum leg_role roles[] = { LEG_NO_ROLE, LEG_LISTEN, LEG_CONNECT, LEG_PROXY };
	static const enum leg_trigger triggers[] = { TRIGGER_NONE, TRIGGER_NOW, TRIGGER_PARTNER };
	unsigned side = pick(2);
	struct leg_spec *s = &r->order.leg[side];

	if (side == T1)
		choose_fingerprints(r, may_match);
	s->gate = pick(6) ? GATE_OPEN : GATE_LATCH;
	s->latch_round += pick(2);
	s->flow_in = pick(8) != 0;
	s->flow_out = pick(8) != 0;
	s->role = side == T1 && pick(4) ? LEG_LISTEN : roles[pick(4)];
	s->trigger = triggers[pick(3)];
	if (pick(16) == 0)
		s->term++;
	if (pick(8) == 0 || s->term == 0)
		rig_listen(r, side);
	rig_change(r, side);
}

/* Returns what crossed, both ways. */
static size_t
play(unsigned seed, bool may_match)
{
	size_t crossed;
	struct rig r;

	srand(seed);
	rig_init(&r, seed & 1 ? "::1" : "127.0.0.1", (struct tls_peer_conf){ .version = seed & 2 ? TLS1_2_VERSION : 0 });
	choose_fingerprints(&r, may_match);
	rig_open(&r);
	for (unsigned i = 0; i < STEPS; i++) {
		r.n_events = 0;
		if (pick(4) == 0)
			change_something(&r, may_match);
		else if (pick(3))
			act_as_peer(&r, &r.ue, T1);
		else
			act_as_peer(&r, &r.core, T2);
		rig_rest(&r, pick(16) ? 0 : pick(20000));
		if (!may_match)
			CU_ASSERT_EQUAL_FATAL(r.core.got + r.ue.got, 0);
	}
	crossed = r.core.got + r.ue.got;
	rig_fini(&r);
	return crossed;
}

static void
nothing_crosses_while_no_fingerprint_matches(void)
{
	for (unsigned seed = 0; seed < SEEDS; seed++)
		CU_ASSERT_EQUAL(play(seed, false), 0);
}

static void
any_order_and_any_peer_may_come_at_any_time(void)
{
	size_t crossed = 0;

	for (unsigned seed = 0; seed < SEEDS; seed++)
		crossed += play(seed, true);
	CU_ASSERT(crossed > 0); /* else the other test shows nothing */
}

const struct test_case test_cases[] = {
	TEST(nothing_crosses_while_no_fingerprint_matches),
	TEST(any_order_and_any_peer_may_come_at_any_time),
	{ NULL, NULL },
};
