/* SPDX-License-Identifier: BSD-2-Clause */
/* Both daemons in one simulated loop, a P-CSCF that speaks NG, and two peers on loopback: what whole calls need. */
#pragma once

#include "agw/agw.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/relay_peer.h"

enum { CALL_RIG_MS = 5000 }; /* simulated: enough for anything that happens at all */

struct call_rig {
	struct alg_bench b;
	struct agw *agw;
	struct rig rig; /* its loop and its two peers only */
	struct tls_peer_conf ue; /* which TLS role the UE has, and so on */
	struct addr loopback; /* where the peers live, port 0 */
};

/* Change k->b.conf and k->ue between these two. Starts ims-alg and ims-agw and waits for the registration. */
void call_rig_init(struct call_rig *k);
void call_rig_start(struct call_rig *k, enum mgco_proto proto);
void call_rig_stop(struct call_rig *k);
/* The gateway alone, after agw_free(k->agw). */
void call_rig_start_gateway(struct call_rig *k, enum mgco_proto proto);
