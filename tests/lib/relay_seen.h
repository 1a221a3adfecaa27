/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of a relay say and wait for (rig_until()), in words that read as a sentence. */
#pragma once

#include "tests/lib/relay_rig.h"

/* A message of the UE, and the core's answer. */
extern const char ping[], pong[];

/* Predicates of a struct rig. */
bool ue_is_secure(void *rig);
bool core_got_ping(void *rig);
bool ue_got_pong(void *rig);
/* FIN, close_notify or RST came. */
bool ue_is_over(void *rig);
bool core_is_over(void *rig);
bool both_over(void *rig);

/* Counts and hashes what both ends get anew. */
void forget_bytes(struct rig *r);
/* A rig with a call that one message has crossed; TLS version, 0: any. */
void rig_set_up(struct rig *r, int version);
/* The kernel may be late with what crossed loopback, so states are waited for. False: it never came to that. */
bool leg_reaches(struct rig *r, unsigned side, enum leg_state want);
