/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248.1 Annex B.2: actionRequest and actionReply, with the properties of the context. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

enum { PRIORITY_MAX = 15 };

static const char *const NOT_A_CTX = "context id expected";

static uint32_t
parse_ctx(struct mgco_lex *l)
{
	uint32_t ctx = MGCO_CTX_NULL;
	const char *at;

	mgco_lex_need(l, '=', "\"=\" expected after Context");
	at = l->p;
	if (mgco_lex_try(l, '-'))
		return MGCO_CTX_NULL;
	if (mgco_lex_try(l, '$'))
		return MGCO_CTX_CHOOSE;
	if (mgco_lex_try(l, '*'))
		return MGCO_CTX_ALL;
	if (mgco_lex_u32(l, MGCO_CTX_CHOOSE - 1, MGCO_BAD_NAME, NOT_A_CTX, &ctx) && ctx == MGCO_CTX_NULL)
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "context id 0 is reserved", at);
	return ctx;
}

/* { a, b, direction [, Stream = n], ... } */
static void
parse_topology(struct mgco_lex *l, struct mgco_action *act)
{
	static const enum mgco_tok dirs[] = { TOK_BOTHWAY, TOK_ONEWAY, TOK_ISOLATE };
	struct mgco_topology **tail = &act->topology, *last = NULL;
	uint32_t stream;

	mgco_lex_open(l);
	do {
		struct span from = mgco_lex_term(l), dir;
		enum mgco_tok tok;

		if (last && !last->stream && mgco_lex_tok(from) == TOK_STREAM && mgco_lex_try(l, '=')) {
			if (mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "stream id expected", &stream))
				last->stream = (uint16_t)stream;
			continue;
		}
		last = *tail = MGCO_NODE(l, struct mgco_topology);
		if (!last)
			return;
		tail = &last->next;
		last->from = from;
		mgco_lex_need(l, ',', "\",\" expected");
		last->to = mgco_lex_term(l);
		mgco_lex_need(l, ',', "\",\" expected");
		dir = mgco_lex_word(l, "Bothway, Oneway or Isolate expected");
		tok = mgco_lex_tok(dir);
		if (tok != dirs[0] && tok != dirs[1] && tok != dirs[2])
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "Bothway, Oneway or Isolate expected", dir.p);
		last->direction = tok == dirs[0]   ? MGCO_TP_BOTHWAY
				  : tok == dirs[1] ? MGCO_TP_ONEWAY
						   : MGCO_TP_ISOLATE;
	} while (mgco_lex_more(l));
	act->has_topology = true;
}

static void
parse_context_audit(struct mgco_lex *l, struct mgco_action *act)
{
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "context property expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		if (tok == TOK_TOPOLOGY)
			act->context_audit |= 1;
		else if (tok == TOK_EMERGENCY)
			act->context_audit |= 2;
		else if (tok == TOK_PRIORITY)
			act->context_audit |= 4;
		else
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "Topology, Emergency or Priority expected", w.p);
	} while (mgco_lex_more(l));
}

/* A context property or ContextAudit; false when the word is none, and so is a command. */
static bool
parse_ctx_item(struct mgco_lex *l, enum mgco_tok tok, const char *at, struct mgco_action *act)
{
	uint32_t priority = 0;
	bool twice = false;

	if (tok == TOK_TOPOLOGY) {
		twice = act->has_topology;
		if (!twice)
			parse_topology(l, act);
	} else if (tok == TOK_PRIORITY) {
		twice = act->has_priority;
		mgco_lex_need(l, '=', "\"=\" expected after Priority");
		mgco_lex_u32(l, PRIORITY_MAX, l->level, "priority 0 to 15 expected", &priority);
		act->priority = (uint8_t)priority;
		act->has_priority = true;
	} else if (tok == TOK_EMERGENCY) {
		twice = act->emergency || act->emergency_off;
		act->emergency = true;
	} else if (tok == TOK_EMERGENCYOFF) {
		twice = act->emergency || act->emergency_off;
		act->emergency_off = true;
	} else if (tok == TOK_CONTEXTAUDIT) {
		twice = act->context_audit != 0;
		parse_context_audit(l, act);
	} else {
		return false;
	}
	if (twice)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "context property appears twice", at);
	return true;
}

struct mgco_action *
mgco_parse_action(struct mgco_lex *l)
{
	struct mgco_action *act = MGCO_NODE(l, struct mgco_action);
	struct mgco_cmd **tail = act ? &act->cmds : NULL;
	struct span first;

	if (!act)
		return NULL;
	first = mgco_lex_word(l, "Context expected");
	if (mgco_lex_tok(first) != TOK_CONTEXT)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "Context expected", first.p);
	l->level = MGCO_BAD_ACTION;
	act->ctx = parse_ctx(l);
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "command or context property expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		if (span_caseeqs(w, "EmergencyOffToken")) /* so Erlang's megaco writes it in full */
			tok = TOK_EMERGENCYOFF;
		if (act->error)
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "an error ends the action", w.p);
		else if (tok == TOK_ERROR && l->is_reply)
			act->error = mgco_parse_error(l);
		else if (!l->err && !parse_ctx_item(l, tok, w.p, act))
			mgco_parse_cmd(l, w, &tail);
		l->level = MGCO_BAD_ACTION;
	} while (mgco_lex_more(l));
	l->level = MGCO_BAD_TRANSACTION;
	return act;
}
