/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/dlg_rig.h"

#include <string.h>

#include "tests/lib/tmain.h"

static bool
is_ok(const struct ng_val *reply)
{
	return span_eqs(ng_get_str(reply, "result"), "ok");
}

static const char *
ask(struct dlg_rig *d, const char *command, const char *sdp, const char *keys)
{
	const struct ng_val *r = bench_ask(&d->b, command, d->call_id, sdp, keys);

	return bench_str(&d->b, r, is_ok(r) ? "sdp" : "error-reason");
}

const char *
dlg_offer(struct dlg_rig *d, const char *sdp, const char *keys)
{
	return ask(d, "offer", sdp, keys);
}

const char *
dlg_answer(struct dlg_rig *d, const char *sdp, const char *keys)
{
	return ask(d, "answer", sdp, keys);
}

bool
dlg_offers(struct dlg_rig *d, const char *sdp, const char *keys, const char *part)
{
	return bench_has(dlg_offer(d, sdp, keys), part);
}

bool
dlg_answers(struct dlg_rig *d, const char *sdp, const char *keys, const char *part)
{
	return bench_has(dlg_answer(d, sdp, keys), part);
}

bool
dlg_delete(struct dlg_rig *d, const char *keys)
{
	return is_ok(bench_ask(&d->b, "delete", d->call_id, NULL, keys));
}

void
dlg_init(struct dlg_rig *d)
{
	d->call_id = "c1";
	bench_init(&d->b);
	bench_start(&d->b, MGCO_TCP);
	fake_gw_start(&d->b, MGCO_TCP);
}

void
dlg_start(struct dlg_rig *d, unsigned n)
{
	dlg_init(d);
	CU_ASSERT(dlg_offers(d, SAY(.n = n), BENCH_FROM_CORE, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(dlg_answers(d, SAY(.ue = true, .n = n), UE_ANSWERS, "m=message 20002 TCP/MSRP *\r\n"));
	dlg_check_untouched(d, n);
}

void
dlg_check_untouched(const struct dlg_rig *d, uint32_t contexts)
{
	CU_ASSERT_EQUAL(d->b.gw.contexts, contexts);
	CU_ASSERT_EQUAL(d->b.gw.adds, contexts);
	CU_ASSERT_EQUAL(d->b.gw.modifies, contexts);
	CU_ASSERT_EQUAL(d->b.gw.subtracts, 0);
}

void
dlg_fini(struct dlg_rig *d)
{
	bench_run(&d->b, 100);
	CU_ASSERT_EQUAL(d->b.gw.contexts, 0);
	CU_ASSERT_EQUAL(d->b.alg->stats.contexts_made, d->b.alg->stats.contexts_ended);
	CU_ASSERT_EQUAL(calls_count(d->b.alg->calls), 0);
	bench_stop(&d->b);
}

void
dlg_stop(struct dlg_rig *d)
{
	CU_ASSERT(dlg_delete(d, "\"from-tag\":\"ft\""));
	dlg_fini(d);
}
