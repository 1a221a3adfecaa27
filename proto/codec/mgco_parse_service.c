/* SPDX-License-Identifier: BSD-2-Clause */
/* serviceChangeDescriptor and serviceChangeReplyDescriptor. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

enum { VERSION_MAX = 99 }; /* 1*2(DIGIT) */

static void
parse_method(struct mgco_lex *l, struct mgco_services *sv)
{
	static const enum mgco_tok methods[] = { TOK_FAILOVER, TOK_FORCED,  TOK_GRACEFUL,
						 TOK_RESTART,  TOK_HANDOFF, TOK_DISCONNECTED };
	struct span w = mgco_lex_word(l, "service change method expected");
	enum mgco_tok tok = mgco_lex_tok(w);

	if (l->err)
		return;
	if (mgco_lex_is_extension(w)) {
		sv->method = w;
		return;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i] == tok)
			sv->method = mgco_tok_text(tok, false);
	if (span_is_empty(sv->method))
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "service change method expected", w.p);
}

static void
parse_reason(struct mgco_lex *l, struct mgco_services *sv)
{
	if (mgco_lex_peek(l) == '"')
		mgco_lex_quoted(l, &sv->reason);
	else
		sv->reason = mgco_lex_word(l, "reason expected");
}

/* NAME "/" Version */
static void
parse_profile(struct mgco_lex *l, struct mgco_services *sv)
{
	struct span w = mgco_lex_word(l, "profile expected"), version = w, name;
	uint32_t v;

	if (l->err)
		return;
	name = span_cut(&version, '/');
	if (!mgco_lex_is_name(name) || span_u32(version, VERSION_MAX, &v) != 0)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "profile name and version expected", w.p);
	sv->profile = w;
}

/* A port alone, or a MId. */
static void
parse_address(struct mgco_lex *l, struct mgco_services *sv)
{
	int first = mgco_lex_peek(l);
	const char *at = l->p;
	uint32_t port;

	if (first < '0' || first > '9')
		sv->address = mgco_lex_mid(l);
	else if (mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "port expected", &port))
		sv->address = span_of(at, (size_t)(l->p - at));
}

static void
parse_item(struct mgco_lex *l, struct mgco_services *sv, unsigned *seen)
{
	struct span w = mgco_lex_word(l, "service change parameter expected");
	enum mgco_tok tok = mgco_lex_tok(w);
	bool is_time = mgco_lex_is_time(w);
	unsigned bit = is_time                           ? 1
		       : tok == TOK_METHOD               ? 2
		       : tok == TOK_REASON               ? 4
		       : tok == TOK_DELAY                ? 8
		       : tok == TOK_SERVICECHANGEADDRESS ? 16
		       : tok == TOK_MGCID                ? 32
		       : tok == TOK_PROFILE              ? 64
		       : tok == TOK_VERSION              ? 128
							 : 0;

	if (*seen & bit)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "service change parameter appears twice", w.p);
	*seen |= bit;
	if (l->err)
		return;
	if (is_time) {
		sv->timestamp = w;
		return;
	}
	if (mgco_lex_is_extension(w)) {
		mgco_parse_prop(l, w, &sv->ext, l->level);
		return;
	}
	if (!l->is_reply && mgco_parse_audit_item(tok)) { /* v2: what changed, for information only */
		mgco_lex_pass(l);
		return;
	}
	if (!bit) {
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "unknown service change parameter", w.p);
		return;
	}
	mgco_lex_need(l, '=', "\"=\" expected");
	if (tok == TOK_METHOD)
		parse_method(l, sv);
	else if (tok == TOK_REASON)
		parse_reason(l, sv);
	else if (tok == TOK_DELAY)
		sv->has_delay = mgco_lex_u32(l, UINT32_MAX, l->level, "delay expected", &sv->delay);
	else if (tok == TOK_SERVICECHANGEADDRESS)
		parse_address(l, sv);
	else if (tok == TOK_MGCID)
		sv->mgc_id = mgco_lex_mid(l);
	else if (tok == TOK_PROFILE)
		parse_profile(l, sv);
	else
		sv->has_version = mgco_lex_u32(l, VERSION_MAX, l->level, "version expected", &sv->version);
}

struct mgco_services *
mgco_parse_services(struct mgco_lex *l)
{
	struct mgco_services *sv = MGCO_NODE(l, struct mgco_services);
	unsigned seen = 0;

	if (!sv)
		return NULL;
	mgco_lex_open(l);
	do {
		parse_item(l, sv, &seen);
	} while (mgco_lex_more(l));
	if (sv->address.len && sv->mgc_id.len)
		mgco_lex_bad(l, "ServiceChangeAddress and MgcIdToTry exclude each other");
	if (!l->is_reply && (!sv->method.len || !sv->reason.len))
		mgco_lex_bad(l, "Services without Method or Reason");
	return sv;
}
