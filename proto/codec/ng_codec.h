/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of ngmsg: the two encodings of one dictionary. */
#pragma once

#include "proto/codec/ngmsg.h"

/* A node of the given kind, appended to parent (NULL: none). NULL parent of a list or dictionary is the caller's
 * business; NULL result when a is exhausted. */
struct ng_val *ng_new_val(struct arena *a, struct ng_val *parent, struct span key, enum ng_kind kind);

/* Whole-buffer parsers: ERR_SYNTAX, ERR_MORE (cut short), ERR_TOOBIG, ERR_NOMEM. */
int ng_bencode_parse(struct arena *a, struct span buf, struct ng_val **dict);
int ng_json_parse(struct arena *a, struct span buf, struct ng_val **dict);
/* Length of the dictionary at the head of buf, judged by its outline only: ERR_MORE, ERR_SYNTAX, ERR_TOOBIG. */
int ng_bencode_frame(struct span buf, size_t *len);
int ng_json_frame(struct span buf, size_t *len);
void ng_bencode_print(struct out *o, const struct ng_val *v);
void ng_json_print(struct out *o, const struct ng_val *v);
