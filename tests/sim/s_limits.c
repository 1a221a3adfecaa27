/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gateway does at its limits: it waits or refuses, loses nothing, and recovers. */
#include <string.h>

#include "proto/base/log.h"
#include "tests/lib/relay_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "limits";

static bool
has_stats(void *arg)
{
	struct rig *r = arg;

	return r->has_stats;
}

static void
an_answer_waits_for_room(void)
{
	struct rig r;
	struct order close;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_open(&r);
	close = r.order;
	close.kind = ORDER_CLOSE;
	close.listen_fd[T1] = close.listen_fd[T2] = -1;
	inbox_set_max(r.inbox, 0);
	CU_ASSERT_EQUAL(worker_order(r.worker, &close), 0);
	CU_ASSERT_FALSE(rig_until(&r, has_stats, 1000));
	inbox_set_max(r.inbox, INBOX_MAX);
	CU_ASSERT(rig_until(&r, has_stats, 100));
	CU_ASSERT(r.stats.closed);
	/* Orders go on behind it. */
	r.has_stats = false;
	CU_ASSERT_EQUAL(worker_order(r.worker, &close), 0);
	CU_ASSERT(rig_until(&r, has_stats, 100));
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(an_answer_waits_for_room),
	{ NULL, NULL },
};
