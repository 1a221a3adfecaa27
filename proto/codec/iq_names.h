/* SPDX-License-Identifier: BSD-2-Clause */
/* Spelling of the Iq profile's package items, from mgco_names.def with an optional override. */
#pragma once

#include <stdbool.h>

#include "proto/base/out.h"
#include "proto/base/span.h"

enum iq_name {
#define IQ_NAME(symbol, kind, text, status, clause) IQ_##symbol,
#include "proto/codec/mgco_names.def"
#undef IQ_NAME
	IQ_NAMES,
};

enum { IQ_NAME_MAX = 64 };

struct iq_names {
	char text[IQ_NAMES][IQ_NAME_MAX];
};

/* The table as compiled in. */
void iq_names_init(struct iq_names *n);
/* Applies an override file's text: lines "SYMBOL package/item", '#' comments. ERR_SYNTAX or ERR_NOTFOUND with the
 * line number in *line. */
int iq_names_override(struct iq_names *n, struct span file, unsigned *line);
/* 'P', 'E', 'S', 'X' or 'A', as in mgco_names.def. */
char iq_name_kind(enum iq_name which);
/* Case-blind comparison with a name off the wire. */
bool iq_name_is(const struct iq_names *n, enum iq_name which, struct span name);
