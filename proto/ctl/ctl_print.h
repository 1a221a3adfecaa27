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
/* Prints the document's member "text" as it is. Errors as ctl_print_json(); ERR_SYNTAX without such a member, too. */
int ctl_print_text(FILE *f, struct span text, char **error);
