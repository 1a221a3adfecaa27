/* SPDX-License-Identifier: BSD-2-Clause */
/* A network between two UDP sockets that loses, repeats, delays and thereby reorders datagrams, by a seed. */
#pragma once

#include "proto/base/addr.h"
#include "proto/io/loop.h"

struct bad_net;

/* dup: percent of datagrams that come again (and again); each copy is delayed by 0..delay_ms. */
struct bad_net *bad_net_new(struct loop *l, uint64_t seed, unsigned dup, unsigned delay_ms);
/* percent of datagrams from now on; 0 at first. */
void bad_net_set_loss(struct bad_net *n, unsigned percent);
/* Datagrams under way are lost. */
void bad_net_free(struct bad_net *n);
/* a reaches b by sending to *b_for_a, and b reaches a by sending to *a_for_b. Port 0 in one of them: whoever sends first. */
void bad_net_join(struct bad_net *n, const struct addr *a, const struct addr *b, struct addr *a_for_b,
                  struct addr *b_for_a);
unsigned bad_net_under_way(const struct bad_net *n);
