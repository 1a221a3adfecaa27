/* SPDX-License-Identifier: BSD-2-Clause */
/* The peers of relay_rig.h: their making and end, for the rig. */
#pragma once

#include "tests/lib/relay_rig.h"

void peer_init(struct rig_peer *p, struct rig *r);
void peer_fini(struct rig_peer *p);
/* On host; port 0: one of the kernel's choice. */
void peer_listen(struct rig_peer *p, const struct addr *host);
/* Listens no more, and keeps the port until it listens again: connecting is refused. What is connected stays. */
void peer_unlisten(struct rig_peer *p);
