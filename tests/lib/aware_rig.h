/* SPDX-License-Identifier: BSD-2-Clause */
/* relay_rig.h with an application-aware relay: what one peer says, and what the other hears. */
#pragma once

#include "tests/lib/relay_rig.h"

#define CRLF "\r\n"
#define GW_UE "msrps://127.0.0.1:20000/gwUe0123456789;tcp"
#define GW_CORE "msrp://127.0.0.1:30000/gwCore123456789;tcp"
#define UE "msrps://ue.example:7777/ueSession;tcp"
#define CORE "msrp://core.example:8888/coreSession;tcp"
#define MSG(start, to, from, rest) "MSRP " start CRLF "To-Path: " to CRLF "From-Path: " from CRLF rest

struct aware_heard {
	const struct rig_peer *peer;
	size_t len;
};

/* What is ordered for a side; the other one. */
void aware_set_side(struct rig *r, unsigned side, const char *own, const char *peer);
void aware_set(struct rig *r);
/* A relay with both peers connected. */
void aware_begin(struct rig *r);
/* Its second half, after rig_init() and aware_set(). */
void aware_connect(struct rig *r);
/* For loop_sim_run() and rig_until(). */
bool aware_has_heard(void *heard);
bool aware_ue_is_secure(void *rig);
bool aware_core_is_up(void *rig);
/* The peer hears exactly this, from now on. */
bool aware_hears(struct rig *r, struct rig_peer *p, const char *text);
/* One says in, the other hears out. */
void aware_pass(struct rig *r, struct rig_peer *from, const char *in, const char *out);
/* One empty message and its answer. */
void aware_talk(struct rig *r);
