/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the peer of a connection is still there, asked when another one wants its place (leg_probe.c). */
#pragma once

#include <stdint.h>

#include "proto/io/sock.h"

enum {
	LEG_PROBE_LOOK_MS = 1000,     /* between two looks for the answer */
	LEG_PROBE_MS = 10000,         /* for an answer, and from one question to the next */
	LEG_PROBE_SILENT_MS = 5000,   /* dead is who was silent for so long */
	LEG_PROBE_UNANSWERED_MIN = 5, /* and left so many segments unanswered */
};

/* What came of a probe. */
enum leg_probe {
	LEG_PROBE_ANSWERED,
	LEG_PROBE_DEAD,
	LEG_PROBE_UNSURE, /* silent, but not asked often enough: the kernel decides, as it does without us */
	LEG_PROBE_ENDS,
	LEG_PROBE_GOES_ON = LEG_PROBE_ENDS,
};

/* Pure. s: of a peer that was asked asked_ms ago. */
enum leg_probe leg_probe_judge(const struct sock_silence *s, uint64_t asked_ms);
