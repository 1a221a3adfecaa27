/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/call_rig.h"

#include <signal.h>

#include "tests/lib/h248_trace.h"
#include "tests/lib/own_realm.h"
#include "tests/lib/tmain.h"

static bool
is_registered(void *arg)
{
	struct call_rig *k = arg;

	return agwset_choose(k->b.alg->agws, NULL) != 0;
}

void
call_rig_start_gateway(struct call_rig *k, enum mgco_proto proto)
{
	char why[OPTS_ERROR_MAX];
	static struct agw_conf c; /* large */

	agw_conf_init(&c);
	c.common.control[0] = '\0';
	c.one_thread = true;
	c.workers = 1;
	c.syngate.kind = SYNGATE_SOCKET;
	c.mgcs[0] = (struct mgc_conf){ .proto = proto, .addr = k->b.alg->h248[0] };
	c.n_mgcs = 1;
	own_realm_add(&c, "access", 1);
	own_realm_add(&c, "core", 2);
	CU_ASSERT_EQUAL_FATAL(agw_conf_finish(&c, why), 0);
	k->agw = agw_new(k->b.l, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k->agw);
	CU_ASSERT_EQUAL_FATAL(agw_start(k->agw), 0);
	h248_trace(k->agw->node);
	CU_ASSERT(loop_sim_run(k->b.l, CALL_RIG_MS, is_registered, k));
}

void
call_rig_init(struct call_rig *k)
{
	memset(k, 0, sizeof(*k));
	log_open("call_rig", LOG_TO_STDERR, LOG_LVL_ERROR); /* the failures here are meant */
	signal(SIGPIPE, SIG_IGN);
	CU_ASSERT_EQUAL(addr_parse_ip(SPAN_LIT("127.0.0.1"), &k->loopback), 0);
	bench_init(&k->b);
}

void
call_rig_start(struct call_rig *k, enum mgco_proto proto)
{
	bench_start(&k->b, proto);
	call_rig_start_gateway(k, proto);
	k->rig.loop = k->b.l;
	peer_init(&k->rig.ue, &k->rig);
	peer_init(&k->rig.core, &k->rig);
	tls_peer_init(&k->rig.ue.tls, &k->ue);
	k->rig.ue.has_tls = true;
}

void
call_rig_stop(struct call_rig *k)
{
	peer_fini(&k->rig.ue);
	peer_fini(&k->rig.core);
	agw_free(k->agw);
	bench_stop(&k->b);
}
