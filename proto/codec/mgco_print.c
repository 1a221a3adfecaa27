/* SPDX-License-Identifier: BSD-2-Clause */
/* Tree to H.248.1 Annex B.2 text, from the message down to the command. */
#include "proto/codec/mgco_print.h"

#include <ctype.h>

static void
break_line(struct mgco_printer *p)
{
	if (!p->style.pretty)
		return;
	out_char(p->o, '\n');
	for (unsigned i = 0; i < p->depth; i++)
		out_char(p->o, '\t');
}

void
mgco_print_item(struct mgco_printer *p)
{
	if (!p->first)
		out_char(p->o, ',');
	p->first = false;
	break_line(p);
}

void
mgco_print_word(struct mgco_printer *p, enum mgco_tok tok)
{
	struct span text = mgco_tok_text(tok, p->style.short_tokens);

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (p->style.token_case == MGCO_CASE_UPPER)
			c = (unsigned char)toupper(c);
		else if (p->style.token_case == MGCO_CASE_LOWER)
			c = (unsigned char)tolower(c);
		out_char(p->o, (char)c);
	}
}

void
mgco_print_tok(struct mgco_printer *p, enum mgco_tok tok)
{
	mgco_print_item(p);
	mgco_print_word(p, tok);
}

void
mgco_print_bare(struct mgco_printer *p, enum mgco_tok tok)
{
	mgco_print_tok(p, tok);
	if (!p->style.pretty)
		out_char(p->o, ' ');
}

void
mgco_print_open(struct mgco_printer *p)
{
	out_str(p->o, p->style.pretty ? " {" : "{");
	p->depth++;
	p->first = true;
}

void
mgco_print_close(struct mgco_printer *p)
{
	p->depth--;
	if (!p->first)
		break_line(p);
	out_char(p->o, '}');
	p->first = false;
}

void
mgco_print_equal(struct mgco_printer *p)
{
	out_str(p->o, p->style.pretty ? " = " : "=");
}

void
mgco_print_quoted(struct mgco_printer *p, struct span text)
{
	out_char(p->o, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		out_char(p->o, c == '"' ? '\'' : c < 0x20 && c != '\t' ? ' ' : text.p[i]);
	}
	out_char(p->o, '"');
}

static void
print_error(struct mgco_printer *p, const struct mgco_error *e)
{
	mgco_print_tok(p, TOK_ERROR);
	mgco_print_equal(p);
	out_u64(p->o, e->code);
	out_str(p->o, p->style.pretty ? " { " : "{");
	if (e->text.len)
		mgco_print_quoted(p, e->text);
	out_str(p->o, p->style.pretty && e->text.len ? " }" : "}");
}

static void
print_packages(struct mgco_printer *p, const struct mgco_package *pkg)
{
	mgco_print_tok(p, TOK_PACKAGES);
	mgco_print_open(p);
	for (; pkg; pkg = pkg->next) {
		mgco_print_item(p);
		out_span(p->o, pkg->name);
		out_char(p->o, '-');
		out_u64(p->o, pkg->version);
	}
	mgco_print_close(p);
}

static void
print_param(struct mgco_printer *p, enum mgco_tok tok, struct span value)
{
	if (!value.len)
		return;
	mgco_print_tok(p, tok);
	mgco_print_equal(p);
	out_span(p->o, value);
}

static void
print_number(struct mgco_printer *p, enum mgco_tok tok, uint32_t value)
{
	mgco_print_tok(p, tok);
	mgco_print_equal(p);
	out_u64(p->o, value);
}

static void
print_services(struct mgco_printer *p, const struct mgco_services *sv)
{
	mgco_print_tok(p, TOK_SERVICES);
	mgco_print_open(p);
	if (sv->method.len) {
		enum mgco_tok tok = mgco_lex_tok(sv->method);

		mgco_print_tok(p, TOK_METHOD);
		mgco_print_equal(p);
		if (tok == TOK_NONE)
			out_span(p->o, sv->method);
		else
			mgco_print_word(p, tok);
	}
	if (sv->reason.len) {
		mgco_print_tok(p, TOK_REASON);
		mgco_print_equal(p);
		mgco_print_quoted(p, sv->reason);
	}
	if (sv->has_delay)
		print_number(p, TOK_DELAY, sv->delay);
	print_param(p, TOK_SERVICECHANGEADDRESS, sv->address);
	print_param(p, TOK_MGCID, sv->mgc_id);
	print_param(p, TOK_PROFILE, sv->profile);
	if (sv->has_version)
		print_number(p, TOK_VERSION, sv->version);
	if (sv->timestamp.len) {
		mgco_print_item(p);
		out_span(p->o, sv->timestamp);
	}
	mgco_print_props(p, sv->ext);
	mgco_print_close(p);
}

static void
print_stats(struct mgco_printer *p, const struct mgco_prop *stats)
{
	if (!stats) {
		mgco_print_bare(p, TOK_STATISTICS);
		return;
	}
	mgco_print_tok(p, TOK_STATISTICS);
	mgco_print_open(p);
	mgco_print_props(p, stats);
	mgco_print_close(p);
}

/* Braces with nothing in them are no grammar. */
static bool
services_has_content(const struct mgco_services *sv)
{
	return sv && (sv->method.len || sv->reason.len || sv->has_delay || sv->address.len || sv->mgc_id.len ||
	              sv->profile.len || sv->has_version || sv->timestamp.len || sv->ext);
}

static bool
has_content(const struct mgco_printer *p, const struct mgco_cmd *c)
{
	return mgco_print_has_media(p, c->media) || c->events || c->event_buffer || c->signals || c->audit || c->observed || c->has_stats ||
	       c->packages ||
	       services_has_content(c->services) || c->error;
}

static void
print_cmd(struct mgco_printer *p, const struct mgco_cmd *c)
{
	static const enum mgco_tok kinds[] = { TOK_ADD,        TOK_MODIFY,   TOK_MOVE,   TOK_SUBTRACT,
					       TOK_AUDITVALUE, TOK_AUDITCAP, TOK_NOTIFY, TOK_SERVICECHANGE };

	mgco_print_item(p);
	out_str(p->o, c->optional ? "O-" : "");
	out_str(p->o, c->wildcard ? "W-" : "");
	mgco_print_word(p, kinds[c->kind]);
	mgco_print_equal(p);
	out_span(p->o, c->term);
	if (!has_content(p, c))
		return;
	mgco_print_open(p);
	if (mgco_print_has_media(p, c->media))
		mgco_print_media(p, c->media);
	if (c->events)
		mgco_print_events(p, TOK_EVENTS, c->events);
	if (c->event_buffer)
		mgco_print_tok(p, TOK_EVENTBUFFER);
	if (c->signals)
		mgco_print_signals(p, c->signals);
	if (c->audit)
		mgco_print_audit(p, c->audit);
	if (c->observed)
		mgco_print_events(p, TOK_OBSERVED, c->observed);
	if (c->has_stats)
		print_stats(p, c->stats);
	if (c->packages)
		print_packages(p, c->packages);
	if (services_has_content(c->services))
		print_services(p, c->services);
	if (c->error)
		print_error(p, c->error);
	mgco_print_close(p);
}

static void
print_topology(struct mgco_printer *p, const struct mgco_topology *t)
{
	static const enum mgco_tok dirs[] = { TOK_BOTHWAY, TOK_ONEWAY, TOK_ISOLATE };

	mgco_print_tok(p, TOK_TOPOLOGY);
	mgco_print_open(p);
	for (; t; t = t->next) {
		mgco_print_item(p);
		out_span(p->o, t->from);
		out_char(p->o, ',');
		out_span(p->o, t->to);
		out_char(p->o, ',');
		mgco_print_word(p, dirs[t->direction]);
		if (t->stream) {
			out_char(p->o, ',');
			mgco_print_word(p, TOK_STREAM);
			mgco_print_equal(p);
			out_u64(p->o, t->stream);
		}
	}
	mgco_print_close(p);
}

static void
print_context_audit(struct mgco_printer *p, unsigned items)
{
	static const enum mgco_tok toks[] = { TOK_TOPOLOGY, TOK_EMERGENCY, TOK_PRIORITY };

	mgco_print_tok(p, TOK_CONTEXTAUDIT);
	mgco_print_open(p);
	for (unsigned i = 0; i < 3; i++)
		if (items & 1u << i)
			mgco_print_tok(p, toks[i]);
	mgco_print_close(p);
}

static void
print_action(struct mgco_printer *p, const struct mgco_action *act)
{
	mgco_print_tok(p, TOK_CONTEXT);
	mgco_print_equal(p);
	if (act->ctx == MGCO_CTX_NULL)
		out_char(p->o, '-');
	else if (act->ctx == MGCO_CTX_CHOOSE)
		out_char(p->o, '$');
	else if (act->ctx == MGCO_CTX_ALL)
		out_char(p->o, '*');
	else
		out_u64(p->o, act->ctx);
	mgco_print_open(p);
	if (act->topology)
		print_topology(p, act->topology);
	if (act->has_priority)
		print_number(p, TOK_PRIORITY, act->priority);
	if (act->emergency)
		mgco_print_tok(p, TOK_EMERGENCY);
	if (act->emergency_off)
		mgco_print_tok(p, TOK_EMERGENCYOFF);
	if (act->context_audit)
		print_context_audit(p, act->context_audit);
	for (const struct mgco_cmd *c = act->cmds; c; c = c->next)
		print_cmd(p, c);
	if (act->error)
		print_error(p, act->error);
	mgco_print_close(p);
}

static void
print_acks(struct mgco_printer *p, const struct mgco_ack *k)
{
	for (; k; k = k->next) {
		mgco_print_item(p);
		out_u64(p->o, k->first);
		if (k->last != k->first) {
			out_char(p->o, '-');
			out_u64(p->o, k->last);
		}
	}
}

static void
print_txn(struct mgco_printer *p, const struct mgco_txn *t)
{
	static const enum mgco_tok kinds[] = { TOK_TRANSACTION, TOK_REPLY, TOK_PENDING, TOK_RESPONSEACK };

	p->is_reply = t->kind == MGCO_REPLY;
	out_char(p->o, '\n');
	mgco_print_word(p, kinds[t->kind]);
	if (t->kind != MGCO_ACK) {
		mgco_print_equal(p);
		out_u64(p->o, t->id);
	}
	mgco_print_open(p);
	if (t->kind == MGCO_ACK)
		print_acks(p, t->acks);
	if (t->imm_ack)
		mgco_print_tok(p, TOK_IMMACK);
	if (t->error)
		print_error(p, t->error);
	for (const struct mgco_action *act = t->error ? NULL : t->actions; act; act = act->next)
		print_action(p, act);
	mgco_print_close(p);
}

void
mgco_print(struct out *o, const struct mgco_msg *msg, const struct mgco_style *style)
{
	struct mgco_printer p = { .o = o, .style = *style, .first = true };

	mgco_print_word(&p, TOK_MEGACO);
	out_char(o, '/');
	out_u64(o, msg->version);
	out_char(o, ' ');
	out_span(o, msg->mid);
	if (msg->error) {
		out_char(o, '\n');
		p.style.pretty = false;
		print_error(&p, msg->error);
	}
	for (const struct mgco_txn *t = msg->error ? NULL : msg->txns; t; t = t->next)
		print_txn(&p, t);
	out_char(o, '\n');
}
