/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the H.248 parser for each other. All return nothing: a failure sticks in the lexer, and what
 * they return or fill in is then not looked at. */
#pragma once

#include "proto/codec/mgco_lex.h"

/* mgco_parse_action.c: from "Context" to its closing brace. */
struct mgco_action *mgco_parse_action(struct mgco_lex *l);

/* mgco_parse_cmd.c: one command of an action whose first word was read; appends to *tail, which moves on. */
void mgco_parse_cmd(struct mgco_lex *l, struct span word, struct mgco_cmd ***tail);
struct mgco_error *mgco_parse_error(struct mgco_lex *l);

/* mgco_parse_media.c: after the token. */
struct mgco_media *mgco_parse_media(struct mgco_lex *l);

/* mgco_parse_event.c: after the token. */
struct mgco_events *mgco_parse_events(struct mgco_lex *l);
struct mgco_events *mgco_parse_observed(struct mgco_lex *l);
struct mgco_signals *mgco_parse_signals(struct mgco_lex *l);

/* mgco_parse_service.c: after the token. */
struct mgco_services *mgco_parse_services(struct mgco_lex *l);

/* mgco_parse_prop.c: name was read; takes parmValue. Fails with twice when the list has that name already. */
void mgco_parse_prop(struct mgco_lex *l, struct span name, struct mgco_prop **list, uint32_t twice);
/* Statistics after the token; bare in a reply gives the empty list. */
struct mgco_prop *mgco_parse_stats(struct mgco_lex *l);
struct mgco_package *mgco_parse_packages(struct mgco_lex *l);

/* mgco_audit.c: after the token. */
struct mgco_audit *mgco_parse_audit(struct mgco_lex *l);
/* enum mgco_audit_item of a token, 0 for none. */
unsigned mgco_parse_audit_item(enum mgco_tok tok);
/* "= word" that is one of the tokens; the index in toks, n and a failure for none. */
size_t mgco_parse_choice(struct mgco_lex *l, const enum mgco_tok *toks, size_t n, const char *why);

/* mgco_resync.c: behind the brace that ends the transaction whose token is at from; NULL when that cannot be told. */
const char *mgco_txn_end(const char *from, const char *end);
