/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands and what they may hold (commandRequest, commandReplys of Annex B.2). */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

/* In what a descriptor may stand; H.248.1 clause 7.2 and the grammar. */
enum {
	IN_AMM = 1, /* Add, Modify, Move request */
	IN_SUBTRACT = 2,
	IN_AUDIT = 4, /* AuditValue, AuditCapability request */
	IN_NOTIFY = 8,
	IN_SC = 16,
	IN_TERM_REPLY = 32, /* terminationAudit: replies to all commands but the next two */
	IN_NOTIFY_REPLY = 64,
	IN_SC_REPLY = 128,
};

enum descr {
	D_MEDIA,
	D_EVENTS,
	D_SIGNALS,
	D_AUDIT,
	D_OBSERVED,
	D_STATS,
	D_PACKAGES,
	D_SERVICES,
	D_ERROR,
	D_MODEM,
	D_MUX,
	D_DIGITMAP,
	D_EVENTBUFFER,
	DESCRS,
};

static const struct {
	enum mgco_tok tok;
	unsigned legal;
} descrs[DESCRS] = {
	[D_MEDIA] = { TOK_MEDIA, IN_AMM | IN_TERM_REPLY },
	[D_EVENTS] = { TOK_EVENTS, IN_AMM | IN_TERM_REPLY },
	[D_SIGNALS] = { TOK_SIGNALS, IN_AMM | IN_TERM_REPLY },
	[D_AUDIT] = { TOK_AUDIT, IN_AMM | IN_SUBTRACT | IN_AUDIT },
	[D_OBSERVED] = { TOK_OBSERVED, IN_NOTIFY | IN_TERM_REPLY },
	[D_STATS] = { TOK_STATISTICS, IN_TERM_REPLY },
	[D_PACKAGES] = { TOK_PACKAGES, IN_TERM_REPLY },
	[D_SERVICES] = { TOK_SERVICES, IN_SC | IN_SC_REPLY },
	[D_ERROR] = { TOK_ERROR, IN_NOTIFY | IN_TERM_REPLY | IN_NOTIFY_REPLY | IN_SC_REPLY },
	/* No IP termination has these: refused by who executes, passed over in a reply. */
	[D_MODEM] = { TOK_MODEM, IN_AMM | IN_TERM_REPLY },
	[D_MUX] = { TOK_MUX, IN_AMM | IN_TERM_REPLY },
	[D_DIGITMAP] = { TOK_DIGITMAP, IN_AMM | IN_TERM_REPLY },
	[D_EVENTBUFFER] = { TOK_EVENTBUFFER, IN_AMM | IN_TERM_REPLY },
};

static const struct {
	enum mgco_tok tok;
	unsigned request, reply;
	const char *missing; /* the request must hold its descriptor (Audit may stay away: some leave an empty one out) */
} kinds[MGCO_CMDS] = {
	[MGCO_ADD] = { TOK_ADD, IN_AMM, IN_TERM_REPLY, NULL },
	[MGCO_MODIFY] = { TOK_MODIFY, IN_AMM, IN_TERM_REPLY, NULL },
	[MGCO_MOVE] = { TOK_MOVE, IN_AMM, IN_TERM_REPLY, NULL },
	[MGCO_SUBTRACT] = { TOK_SUBTRACT, IN_SUBTRACT, IN_TERM_REPLY, NULL },
	[MGCO_AUDITVALUE] = { TOK_AUDITVALUE, IN_AUDIT, IN_TERM_REPLY, NULL },
	[MGCO_AUDITCAP] = { TOK_AUDITCAP, IN_AUDIT, IN_TERM_REPLY, NULL },
	[MGCO_NOTIFY] = { TOK_NOTIFY, IN_NOTIFY, IN_NOTIFY_REPLY, "Notify without ObservedEvents" },
	[MGCO_SERVICECHANGE] = { TOK_SERVICECHANGE, IN_SC, IN_SC_REPLY, "ServiceChange without Services" },
};

struct mgco_error *
mgco_parse_error(struct mgco_lex *l)
{
	struct mgco_error *e = MGCO_NODE(l, struct mgco_error);

	if (!e)
		return NULL;
	mgco_lex_need(l, '=', "\"=\" expected after Error");
	mgco_lex_u32(l, 9999, l->level, "error code expected", &e->code);
	mgco_lex_open(l);
	if (mgco_lex_peek(l) == '"')
		mgco_lex_quoted(l, &e->text);
	mgco_lex_close(l);
	return l->err ? NULL : e;
}

/* Modem, Mux, DigitMap, EventBuffer: what stands in them is not looked at. */
static void
pass_foreign(struct mgco_lex *l, enum descr d, struct mgco_cmd *c)
{
	static const char *const names[] = { "Modem", "Mux", "DigitMap", "EventBuffer" };
	bool has_content = mgco_lex_peek(l) == '{' || mgco_lex_peek(l) == '=' || mgco_lex_peek(l) == '[';

	mgco_lex_pass(l);
	c->event_buffer = c->event_buffer || (d == D_EVENTBUFFER && !has_content);
	if (!l->is_reply && !c->foreign && (d != D_EVENTBUFFER || has_content))
		c->foreign = names[d - D_MODEM];
}

static void
parse_descr(struct mgco_lex *l, enum descr d, struct mgco_cmd *c)
{
	switch (d) {
	case D_MEDIA:
		c->media = mgco_parse_media(l);
		break;
	case D_EVENTS:
		c->events = mgco_parse_events(l);
		break;
	case D_SIGNALS:
		c->signals = mgco_parse_signals(l);
		break;
	case D_AUDIT:
		c->audit = mgco_parse_audit(l);
		break;
	case D_OBSERVED:
		c->observed = mgco_parse_observed(l);
		break;
	case D_STATS:
		c->has_stats = true;
		c->stats = mgco_parse_stats(l);
		break;
	case D_PACKAGES:
		c->packages = mgco_parse_packages(l);
		break;
	case D_SERVICES:
		c->services = mgco_parse_services(l);
		break;
	case D_ERROR:
		c->error = mgco_parse_error(l);
		break;
	case D_MODEM:
	case D_MUX:
	case D_DIGITMAP:
	case D_EVENTBUFFER:
		pass_foreign(l, d, c);
		break;
	case DESCRS:
		break;
	}
}

static void
parse_descrs(struct mgco_lex *l, struct mgco_cmd *c)
{
	unsigned where = l->is_reply ? kinds[c->kind].reply : kinds[c->kind].request, seen = 0, d;

	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "descriptor expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		for (d = 0; d < DESCRS && descrs[d].tok != tok; d++)
			;
		if (l->err)
			return;
		if (d == DESCRS)
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_DESCRIPTOR, "unknown descriptor", w.p);
		else if (!(descrs[d].legal & where))
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_ILLEGAL_DESCRIPTOR,
				      "descriptor not legal in this command", w.p);
		else if (seen & 1u << d)
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_DESCRIPTOR_TWICE, "descriptor appears twice", w.p);
		else
			parse_descr(l, (enum descr)d, c);
		seen |= 1u << d;
	} while (mgco_lex_more(l));
}

/* Takes the O- and W- off. */
static struct span
strip_prefix(struct span word, const char *prefix, bool *seen)
{
	*seen = span_has_caseprefix(word, prefix);
	return *seen ? span_of(word.p + 2, word.len - 2) : word;
}

/* AuditValue = Context { T1, T2 }: the terminations of a context, a command each. */
static void
parse_term_list(struct mgco_lex *l, struct mgco_cmd *c, struct mgco_cmd ***tail)
{
	const char *at;

	mgco_lex_open(l);
	at = l->p;
	c->term = mgco_lex_term(l);
	if (mgco_lex_tok(c->term) == TOK_ERROR && mgco_lex_peek(l) == '=') {
		c->term = SPAN_LIT("Context");
		l->p = at;
		mgco_lex_word(l, "");
		c->error = mgco_parse_error(l);
		mgco_lex_close(l);
		return;
	}
	while (mgco_lex_more(l)) {
		struct mgco_cmd *next = **tail = MGCO_NODE(l, struct mgco_cmd);

		if (!next)
			return;
		*tail = &next->next;
		next->kind = c->kind;
		next->term = mgco_lex_term(l);
	}
}

void
mgco_parse_cmd(struct mgco_lex *l, struct span word, struct mgco_cmd ***tail)
{
	struct mgco_cmd *c = MGCO_NODE(l, struct mgco_cmd);
	enum mgco_tok tok;
	unsigned k;

	if (!c)
		return;
	tok = mgco_lex_tok(strip_prefix(strip_prefix(word, "O-", &c->optional), "W-", &c->wildcard));
	for (k = 0; k < MGCO_CMDS && kinds[k].tok != tok; k++)
		;
	if (k == MGCO_CMDS) {
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_COMMAND, "unknown command", word.p);
		return;
	}
	**tail = c;
	*tail = &c->next;
	c->kind = (enum mgco_cmd_kind)k;
	l->level = MGCO_BAD_COMMAND;
	mgco_lex_need(l, '=', "\"=\" expected after the command");
	c->term = mgco_lex_term(l);
	if (l->is_reply && (c->kind == MGCO_AUDITVALUE || c->kind == MGCO_AUDITCAP) &&
	    mgco_lex_tok(c->term) == TOK_CONTEXT && mgco_lex_peek(l) == '{')
		parse_term_list(l, c, tail);
	else if (mgco_lex_peek(l) == '{')
		parse_descrs(l, c);
	if (!l->is_reply && kinds[k].missing && !c->audit && !c->observed && !c->services)
		mgco_lex_bad(l, kinds[k].missing);
}
