/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/relay_seen.h"

#include <string.h>

#include "tests/lib/tmain.h"

const char ping[] = "MSRP 1 SEND\r\n-------1$\r\n";
const char pong[] = "MSRP 1 200 OK\r\n-------1$\r\n";

bool
ue_is_secure(void *rig)
{
	const struct rig *r = rig;

	return r->ue.secure;
}

bool
core_got_ping(void *rig)
{
	const struct rig *r = rig;

	return r->core.got >= strlen(ping);
}

bool
ue_got_pong(void *rig)
{
	const struct rig *r = rig;

	return r->ue.got >= strlen(pong);
}

bool
ue_is_over(void *rig)
{
	const struct rig *r = rig;

	return r->ue.eof || r->ue.broken;
}

bool
core_is_over(void *rig)
{
	const struct rig *r = rig;

	return r->core.eof || r->core.broken;
}

bool
both_over(void *rig)
{
	return ue_is_over(rig) && core_is_over(rig);
}

void
forget_bytes(struct rig *r)
{
	r->core.got = r->ue.got = 0;
	r->core.hash = r->ue.hash = PEER_HASH_START;
}

void
rig_set_up(struct rig *r, int version)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = version });
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
}

bool
leg_reaches(struct rig *r, unsigned side, enum leg_state want)
{
	for (int i = 0; i < 200; i++) {
		if (rig_state(r, side) == want)
			return true;
		rig_rest(r, 10);
	}
	return false;
}
