/* SPDX-License-Identifier: BSD-2-Clause */
/* rtpengine's NG control protocol: cookie, space, dictionary in bencode or JSON (digest 8). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/arena.h"
#include "proto/base/out.h"
#include "proto/base/span.h"

enum ng_kind { NG_STRING, NG_INT, NG_LIST, NG_DICT };
enum ng_encoding { NG_BENCODE, NG_JSON };

/* A value; list and dictionary members hang on first/next. Strings are views into the message or the arena. */
struct ng_val {
	enum ng_kind kind;
	struct span key; /* in a dictionary */
	struct span str; /* NG_STRING */
	int64_t num;     /* NG_INT */
	struct ng_val *first, *last, *next;
};

struct ng_msg {
	struct span cookie;
	enum ng_encoding encoding;
	struct ng_val *dict;
};

/* Parses one datagram or TCP message; line ends before the cookie are skipped. Strings point into buf, which must
 * outlive the tree, or are copies in a (JSON). JSON true and false become 1 and 0, null members are left out.
 * ERR_SYNTAX: no cookie (msg->cookie is then empty) or broken dictionary (cookie and encoding are set, so an error
 * can be answered); ERR_TOOBIG, ERR_NOMEM. Trailing bytes after the dictionary are an error. An arena of
 * NG_ARENA_MAX holds any legal message. */
int ng_parse(struct arena *a, struct span buf, struct ng_msg *msg);
/* Length of the first complete message in a TCP stream; ERR_MORE, ERR_SYNTAX or ERR_TOOBIG (> NG_MESSAGE_MAX). */
int ng_frame(struct span buf, size_t *len);
/* Writes cookie, space, dictionary. The error is sticky in o. */
void ng_print(struct out *o, struct span cookie, enum ng_encoding enc, const struct ng_val *dict);

/* Dictionary look-up; hyphens, underscores and spaces in keys are alike, case is not. The last of a repeated key
 * (with the wanted kind, where the function has one) wins. NULL when absent. */
const struct ng_val *ng_get(const struct ng_val *dict, const char *key);
/* The same for lists only: a proxy may send one key both as a string and as a list. */
const struct ng_val *ng_get_list(const struct ng_val *dict, const char *key);
/* String value of a key, the empty span when absent or not a string. */
struct span ng_get_str(const struct ng_val *dict, const char *key);
/* True when the list at key holds the string flag (hyphens and spaces alike, case kept). */
bool ng_has_flag(const struct ng_val *dict, const char *key, const char *flag);

/* Builders in an arena: NULL when it is exhausted, and a NULL parent makes them no-ops that give NULL, so a
 * tree can be built without checks and ng_print(NULL dict) fails once at the end. Strings are borrowed. */
struct ng_val *ng_new_dict(struct arena *a);
struct ng_val *ng_add_str(struct arena *a, struct ng_val *parent, const char *key, struct span s);
struct ng_val *ng_add_int(struct arena *a, struct ng_val *parent, const char *key, int64_t v);
struct ng_val *ng_add_dict(struct arena *a, struct ng_val *parent, const char *key);
struct ng_val *ng_add_list(struct arena *a, struct ng_val *parent, const char *key);
