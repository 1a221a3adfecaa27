/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps what a node sends, for the decoders of others (tests/erlang/sims.sh). */
#pragma once

#include "proto/io/mgco_node.h"

/* With H248_TRACE in the environment each message that the node sends becomes a file of that folder, one for all
 * that differ in numbers only. Takes the node's tap. */
void h248_trace(struct mgco_node *n);
