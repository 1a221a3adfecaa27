/* SPDX-License-Identifier: BSD-2-Clause */
/* What the MSRP framer says of a byte stream, as text that does not depend on how the stream was cut. */
#pragma once

#include "proto/base/out.h"
#include "proto/codec/msrp.h"

/* Where to cut: the length of the next piece, of left > 0 octets. */
typedef size_t (*msrp_cut_fn)(void *arg, size_t left);

/* One line an event: "request TID METHOD", "response TID CODE COMMENT", "  NAME=VALUE" a header, "  body
 * TEXT" (all pieces of it in one, control octets as \xx), "end FLAG", "error TEXT". The last line tells of
 * a connection that ends in the middle of something. Returns the framer's last answer. Each piece lies in a
 * heap block of its exact size. */
int msrp_trace(struct span stream, msrp_cut_fn cut, void *arg, struct out *text);
/* The stream written again from the events, up to the first error; without CRLFs between messages. */
int msrp_echo(struct span stream, msrp_cut_fn cut, void *arg, struct out *bytes);
/* Cuts: none, every octet. */
size_t msrp_cut_none(void *arg, size_t left);
size_t msrp_cut_all(void *arg, size_t left);
/* arg: a size_t; the first piece has that length, the second the rest. */
size_t msrp_cut_once(void *arg, size_t left);
/* arg: a uint64_t seed, not 0; random pieces, mostly short. */
size_t msrp_cut_random(void *arg, size_t left);
