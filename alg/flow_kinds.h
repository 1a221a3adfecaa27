/* SPDX-License-Identifier: BSD-2-Clause */
/* The flows there are; flow_find() knows when each applies. */
#pragma once

#include "alg/flow.h"

/* TS 23.334 6.2.10.3.1.1: the UE offers, TLS ends at T1. Variants A and B. */
extern const struct flow flow_e2ae_originating;
/* TS 23.334 6.2.10.3.1.2: the core offers, TLS ends at T1. Variants A and B. */
extern const struct flow flow_e2ae_terminating;
/* TS 23.334 6.2.10A: TCP end to end through the gateway; TLS, if any, is between the peers. Either side offers. */
extern const struct flow flow_anchor;
