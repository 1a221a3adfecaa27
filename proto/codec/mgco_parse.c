/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248.1 Annex B.2 from megacoMessage down to actionRequest and actionReply. */
#include "proto/codec/mgco_parse.h"

#include "proto/base/err.h"

enum { PRIORITY_MAX = 15 };

static const char *const NOT_A_CTX = "context id expected";

/* Authentication = 0x<8> : 0x<8> : 0x<24..64>. Read over: we hold no keys, IPsec is what H.248.1 clause 10 asks
 * for. */
static void
pass_auth(struct mgco_lex *l)
{
	static const struct {
		size_t least, most;
	} digits[] = { { 8, 8 }, { 8, 8 }, { 24, 64 } };

	mgco_lex_need(l, '=', "\"=\" expected after Authentication");
	for (size_t i = 0; i < 3 && !l->err; i++) {
		struct span w = mgco_lex_word(l, "hex digits expected");

		if (l->err)
			return;
		if (!span_has_caseprefix(w, "0x") || w.len - 2 < digits[i].least || w.len - 2 > digits[i].most)
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "not an authentication header", w.p);
		if (i < 2)
			mgco_lex_need(l, ':', "\":\" expected");
	}
	if (!mgco_lex_blank(l))
		mgco_lex_bad(l, "blank expected after the authentication header");
}

/* MEGACO/2 or !/2, then the MId. */
static void
parse_header(struct mgco_lex *l, struct mgco_msg *msg)
{
	struct span w = mgco_lex_word(l, "MEGACO expected"), version = w;
	const char *at = w.p;

	if (mgco_lex_tok(w) == TOK_AUTH) {
		pass_auth(l);
		w = version = mgco_lex_word(l, "MEGACO expected");
		at = w.p;
	}
	if (l->err)
		return;
	w = span_cut(&version, '/');
	if (mgco_lex_tok(w) != TOK_MEGACO || span_u32(version, 99, &msg->version) != 0) {
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "MEGACO/version expected", at);
		return;
	}
	if (!mgco_lex_blank(l))
		mgco_lex_bad(l, "blank expected after the version");
	msg->mid = mgco_lex_mid(l);
	if (msg->version != 1 && msg->version != 2)
		mgco_lex_fail(l, ERR_UNSUPPORTED, MGCO_BAD_VERSION, "protocol version is not 1 or 2", at);
	else if (!mgco_lex_blank(l))
		mgco_lex_bad(l, "blank expected after the message id");
}

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
			mgco_lex_bad(l, "Bothway, Oneway or Isolate expected");
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
		enum mgco_tok tok = mgco_lex_tok(mgco_lex_word(l, "context property expected"));

		if (tok == TOK_TOPOLOGY)
			act->context_audit |= 1;
		else if (tok == TOK_EMERGENCY)
			act->context_audit |= 2;
		else if (tok == TOK_PRIORITY)
			act->context_audit |= 4;
		else
			mgco_lex_bad(l, "Topology, Emergency or Priority expected");
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

static struct mgco_action *
parse_action(struct mgco_lex *l)
{
	struct mgco_action *act = MGCO_NODE(l, struct mgco_action);
	struct mgco_cmd **tail = act ? &act->cmds : NULL;

	if (!act)
		return NULL;
	if (mgco_lex_tok(mgco_lex_word(l, "Context expected")) != TOK_CONTEXT)
		mgco_lex_bad(l, "Context expected");
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

static void
parse_actions(struct mgco_lex *l, struct mgco_action **list)
{
	do {
		*list = parse_action(l);
		if (*list)
			list = &(*list)->next;
	} while (mgco_lex_more(l));
}

static void
parse_reply(struct mgco_lex *l, struct mgco_txn *t)
{
	const char *at = l->p;
	enum mgco_tok tok;

	/* One word ahead: what comes is an error, ImmAckRequired or a context. */
	tok = mgco_lex_tok(mgco_lex_word(l, "Context or Error expected"));
	if (tok == TOK_IMMACK) {
		t->imm_ack = true;
		mgco_lex_need(l, ',', "\",\" expected after ImmAckRequired");
		at = l->p;
		tok = mgco_lex_tok(mgco_lex_word(l, "Context or Error expected"));
	}
	if (tok == TOK_ERROR) {
		t->error = mgco_parse_error(l);
		mgco_lex_close(l);
	} else if (!l->err) {
		l->p = at;
		parse_actions(l, &t->actions);
	}
}

static void
parse_acks(struct mgco_lex *l, struct mgco_txn *t)
{
	struct mgco_ack **tail = &t->acks;
	unsigned n = 0;

	mgco_lex_open(l);
	do {
		struct mgco_ack *k = *tail = MGCO_NODE(l, struct mgco_ack);

		if (!k)
			return;
		tail = &k->next;
		mgco_lex_u32(l, UINT32_MAX, l->level, "transaction id expected", &k->first);
		k->last = k->first;
		if (mgco_lex_try(l, '-') &&
		    mgco_lex_u32(l, UINT32_MAX, l->level, "transaction id expected", &k->last) &&
		    k->last < k->first)
			mgco_lex_bad(l, "range of acknowledged transactions ends before it begins");
		if (++n > MGCO_ACK_RANGES_MAX)
			mgco_lex_fail(l, ERR_TOOBIG, l->level, "too many acknowledged ranges", l->p);
	} while (mgco_lex_more(l));
}

/* "= id {" of a transaction; from there on the fault can name it. */
static void
parse_txn_open(struct mgco_lex *l, struct mgco_txn *t)
{
	mgco_lex_need(l, '=', "\"=\" expected before the transaction id");
	if (!mgco_lex_u32(l, UINT32_MAX, MGCO_BAD_NAME, "transaction id expected", &t->id))
		return;
	l->in_request = t->kind == MGCO_REQUEST;
	l->txn = t->id;
	mgco_lex_open(l);
}

static void
parse_txn(struct mgco_lex *l, struct span word, struct mgco_txn *t)
{
	enum mgco_tok tok = mgco_lex_tok(word);

	if (tok != TOK_TRANSACTION && tok != TOK_REPLY && tok != TOK_PENDING && tok != TOK_RESPONSEACK) {
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "transaction expected", word.p);
		return;
	}
	l->level = MGCO_BAD_TRANSACTION;
	l->is_reply = tok == TOK_REPLY;
	if (tok == TOK_RESPONSEACK) {
		t->kind = MGCO_ACK;
		parse_acks(l, t);
	} else if (tok == TOK_PENDING) {
		t->kind = MGCO_PENDING;
		parse_txn_open(l, t);
		mgco_lex_close(l);
	} else if (tok == TOK_REPLY) {
		t->kind = MGCO_REPLY;
		parse_txn_open(l, t);
		parse_reply(l, t);
	} else {
		t->kind = MGCO_REQUEST;
		parse_txn_open(l, t);
		parse_actions(l, &t->actions);
	}
	l->level = MGCO_BAD_MESSAGE;
	l->in_request = false;
}

static void
parse_body(struct mgco_lex *l, struct mgco_msg *msg)
{
	struct mgco_txn **tail = &msg->txns;

	do {
		struct span w = mgco_lex_word(l, "transaction expected");
		struct mgco_txn *t;

		if (!msg->txns && mgco_lex_tok(w) == TOK_ERROR) {
			msg->error = mgco_parse_error(l);
			if (mgco_lex_peek(l) >= 0)
				mgco_lex_bad(l, "an error ends the message");
			return;
		}
		t = MGCO_NODE(l, struct mgco_txn);
		if (!t)
			return;
		parse_txn(l, w, t);
		if (l->err)
			return;
		t->text = span_of(w.p, (size_t)(l->p - w.p));
		*tail = t;
		tail = &t->next;
	} while (mgco_lex_peek(l) >= 0);
}

int
mgco_parse(struct arena *a, struct span buf, struct mgco_msg *msg, struct mgco_fault *fault)
{
	struct mgco_lex l;

	*msg = (struct mgco_msg){ 0 };
	mgco_lex_init(&l, a, buf);
	if (buf.len > MGCO_MESSAGE_MAX)
		mgco_lex_fail(&l, ERR_TOOBIG, MGCO_NO_RESOURCES, "message is too long", l.p);
	parse_header(&l, msg);
	if (!l.err)
		parse_body(&l, msg);
	if (l.err) {
		msg->error = NULL;
		if (fault)
			*fault = l.fault;
	}
	return l.err;
}
