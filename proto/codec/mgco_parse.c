/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248.1 Annex B.2 from megacoMessage down to the transactions. */
#include "proto/codec/mgco_parse.h"

#include "proto/base/err.h"

struct faults {
	const struct mgco_fault *first, **tail;
	unsigned n;
};

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

static void
parse_actions(struct mgco_lex *l, struct mgco_action **list)
{
	do {
		*list = mgco_parse_action(l);
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

/* "= id {" of a transaction; from there on the fault can name it. Without its id a request is answered under the null id
 * and with 403 (H.248.1 8.2.2). */
static void
parse_txn_open(struct mgco_lex *l, struct mgco_txn *t)
{
	l->in_request = t->kind == MGCO_REQUEST;
	mgco_lex_need(l, '=', "\"=\" expected before the transaction id");
	if (!mgco_lex_u32(l, UINT32_MAX, l->level, "transaction id expected", &t->id))
		return;
	l->txn = t->id;
	mgco_lex_open(l);
}

/* After its token, one of is_txn(). */
static void
parse_txn(struct mgco_lex *l, enum mgco_tok tok, struct mgco_txn *t)
{
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
}

/* Between transactions, at the cursor. */
static void
begin_txn(struct mgco_lex *l)
{
	l->level = MGCO_BAD_MESSAGE;
	l->in_request = false;
	l->txn = 0;
	l->depth = 0;
}

static bool
is_txn(enum mgco_tok tok)
{
	return tok == TOK_TRANSACTION || tok == TOK_REPLY || tok == TOK_PENDING || tok == TOK_RESPONSEACK;
}

static bool
keep_fault(struct mgco_lex *l, struct faults *f)
{
	const struct mgco_fault fault = l->fault;
	struct mgco_fault *kept;

	l->err = 0;
	kept = MGCO_NODE(l, struct mgco_fault);
	if (!kept)
		return false;
	*kept = fault;
	*f->tail = kept;
	f->tail = &kept->next;
	return true;
}

/* The transactions of a message are independent (H.248.1 8.3): over the one that begins at from and does not parse, to those
 * behind it. False when they cannot be told apart, or too many were broken. */
static bool
pass_fault(struct mgco_lex *l, const char *from, struct faults *f)
{
	const char *to = mgco_txn_end(from, l->end);

	if (l->err == ERR_NOMEM || l->nodes > MGCO_NODES_MAX || !keep_fault(l, f))
		return false;
	if (!to || ++f->n == MGCO_FAULTS_MAX)
		return false;
	l->err = 0;
	l->p = to;
	begin_txn(l);
	return true;
}

static void
parse_body(struct mgco_lex *l, struct mgco_msg *msg, struct faults *f)
{
	struct mgco_txn **tail = &msg->txns;

	do {
		struct span w = mgco_lex_word(l, "transaction expected");
		enum mgco_tok tok = mgco_lex_tok(w);
		struct mgco_txn *t;

		if (tok == TOK_ERROR && !msg->txns && !f->n) {
			msg->error = mgco_parse_error(l);
			if (mgco_lex_peek(l) >= 0)
				mgco_lex_bad(l, "an error ends the message");
			return;
		}
		if (!is_txn(tok)) {
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "transaction expected", w.p);
			return;
		}
		t = MGCO_NODE(l, struct mgco_txn);
		if (!t)
			return;
		parse_txn(l, tok, t);
		if (l->err) {
			if (!pass_fault(l, w.p, f))
				return;
			continue;
		}
		begin_txn(l);
		t->text = span_of(w.p, (size_t)(l->p - w.p));
		*tail = t;
		tail = &t->next;
	} while (mgco_lex_peek(l) >= 0);
}

int
mgco_parse(struct arena *a, struct span buf, struct mgco_msg *msg, struct mgco_fault *fault)
{
	struct mgco_lex l;
	struct faults f = { .tail = &f.first };

	*msg = (struct mgco_msg){ 0 };
	mgco_lex_init(&l, a, buf);
	if (buf.len > MGCO_MESSAGE_MAX)
		mgco_lex_fail(&l, ERR_TOOBIG, MGCO_NO_RESOURCES, "message is too long", l.p);
	parse_header(&l, msg);
	if (!l.err)
		parse_body(&l, msg, &f);
	if (f.first)
		l.fault = *f.first; /* what comes behind the broken ones and is none is not told of */
	else if (!l.err)
		return 0;
	msg->error = NULL;
	if (fault)
		*fault = l.fault;
	return l.fault.err;
}
