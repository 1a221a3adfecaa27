/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies for people and for scripts. */
#pragma once

#include <stdio.h>

#include "proto/codec/ngmsg.h"

/* Indented "key: value" lines; control characters of a peer do not reach the terminal. */
void ctl_print_ng_text(FILE *f, const struct ng_val *dict);
/* Indented JSON. */
void ctl_print_ng_json(FILE *f, const struct ng_val *dict);
/* Indents a JSON document. ERR_SYNTAX when it is none; *error then untouched, else the text of its member "error"
 * (the caller frees it) or NULL. */
int ctl_print_json(FILE *f, struct span text, char **error);
/* The document's numbers and truth values as Prometheus text: names are prefix and the members on the way, joined by
 * '_'; elements of lists are told apart by the label "name" or "index". Errors as ctl_print_json(). */
int ctl_print_metrics(FILE *f, const char *prefix, struct span text, char **error);
