/* SPDX-License-Identifier: BSD-2-Clause */
/* One call between a core and a UE, as ims-alg's P-CSCF and a scripted gateway see it. */
#pragma once

#include "tests/lib/alg_bench.h"
#include "tests/lib/sdp_say.h"

/* Within the dialog: from-tag is whoever offers, in the offer and in its answer. */
#define CORE_OFFERS "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]"
#define UE_ANSWERS "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"access\",\"core\"]"
#define UE_OFFERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"access\",\"core\"]"
#define CORE_ANSWERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"core\",\"access\"]"

struct dlg_rig {
	struct alg_bench b;
	const char *call_id; /* "c1"; may be changed */
};

/* ims-alg and a registered gateway, no call. */
void dlg_init(struct dlg_rig *d);
/* The same, and a terminating e2ae call of n lines with T1 20001 and T2 20002, and so on. */
void dlg_start(struct dlg_rig *d, unsigned n);
/* Deletes the call, asserts that nothing is left of any, and ends. */
void dlg_stop(struct dlg_rig *d);
void dlg_fini(struct dlg_rig *d);

/* The SDP that left, or the reason why none did. */
const char *dlg_offer(struct dlg_rig *d, const char *sdp, const char *keys);
const char *dlg_answer(struct dlg_rig *d, const char *sdp, const char *keys);
/* True when this is part of it. */
bool dlg_offers(struct dlg_rig *d, const char *sdp, const char *keys, const char *part);
bool dlg_answers(struct dlg_rig *d, const char *sdp, const char *keys, const char *part);
bool dlg_delete(struct dlg_rig *d, const char *keys);
/* Nothing was asked of the gateway but each of so many contexts' Add and first Modify. */
void dlg_check_untouched(const struct dlg_rig *d, uint32_t contexts);
