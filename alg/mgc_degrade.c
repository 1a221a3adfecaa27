/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/mgc_degrade.h"

#include <ctype.h>

#include "proto/base/out.h"

enum rule {
	OPTIONAL,
	UNLESS_ON,       /* may be left out while it says OFF, which is the default */
	UNLESS_WATCHED,  /* ... unless the operator waits for connections to be up */
	UNLESS_OPEN,     /* ... where nothing else lets a connection in */
	MANDATORY,
};

/* Every item that we order, in the order in which a text is searched. Not here, and so mandatory too: the descriptors of
 * SDP (transport, setup, fingerprint). */
static const struct row {
	enum iq_name name;
	enum rule rule;
	unsigned lack;
} rows[] = {
	/* the name of the termination has the realm as well */
	{ IQ_IPDC_REALM, OPTIONAL, MGC_LACKS_REALM },
	/* hanging contexts then come up by audits only */
	{ IQ_HANGTERM_THB, OPTIONAL, MGC_LACKS_HANGTERM },
	{ IQ_HANGTERM_TIMERX, OPTIONAL, MGC_LACKS_HANGTERM },
	/* failures are told by whichever of the three is left */
	{ IQ_G_CAUSE, OPTIONAL, MGC_LACKS_CAUSE },
	{ IQ_TCP_CHANGE, UNLESS_WATCHED, MGC_LACKS_TCP_CHANGE },
	{ IQ_TLS_CHANGE, UNLESS_WATCHED, MGC_LACKS_TLS_CHANGE },
	{ IQ_GM_SAF, UNLESS_ON, MGC_LACKS_FILTER },
	{ IQ_GM_SPF, MANDATORY, 0 }, /* sent only when it is on */
	{ IQ_TCP_DISCARD, UNLESS_OPEN, MGC_LACKS_DISCARD },
	{ IQ_SEP_LINK, MANDATORY, 0 }, /* --interlink=off orders connections instead */
	{ IQ_IPNAPT_LATCH, MANDATORY, 0 },
	{ IQ_TCP_ESTABLISH, MANDATORY, 0 },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- what the refusal is about ---- */

/* Codes of H.248.8 that may mean an item which the gateway does not have. */
static bool
is_about_an_item(uint32_t code)
{
	static const uint32_t codes[] = {
		440, /* unsupported or unknown package */
		445, 446, 449, /* property, parameter, value */
		450, 451, 452, 454, /* no such property, event, signal, parameter in this package */
		501, /* not implemented */
		512, 513, /* cannot detect the event, cannot generate the signal */
		515, /* unsupported media type */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code == codes[i])
			return true;
	return false;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '/';
}

/* Does the word stand in the text, in any case, not as part of another? */
static bool
has_word(struct span text, struct span word)
{
	for (size_t i = 0; word.len && i + word.len <= text.len; i++) {
		bool starts = i == 0 || !is_word(text.p[i - 1]);
		bool ends = i + word.len == text.len || !is_word(text.p[i + word.len]);

		if (starts && ends && span_caseeq(span_of(text.p + i, word.len), word))
			return true;
	}
	return false;
}

/* By its whole name; where packages are what is refused, by its package. */
static bool
names_item(const struct mgc_failure *f, const char *item)
{
	struct span text = span_str(f->text), rest = span_str(item), package = span_cut(&rest, '/');

	return has_word(text, span_str(item)) || (f->code == 440 && rest.p && has_word(text, package));
}

/* Words of SDP. No answer to these may be an order without TLS or without what was demanded. */
static bool
names_sdp(struct span text)
{
	static const char *const words[] = {
		"fingerprint", "setup", "TLS", "TCP/TLS", "TCP/TLS/MSRP", "TCP", "TCP/MSRP", "MSRP", "path",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(text, span_str(words[i])))
			return true;
	return false;
}

/* ---- what may go ---- */

static bool
may_go(const struct row *r, const struct mgc_term want[SIDES])
{
	for (int s = 0; s < SIDES; s++) {
		const struct mgc_term *t = &want[s];

		if (r->rule == MANDATORY || (r->rule == UNLESS_ON && (t->saf || t->spf)) ||
		    (r->rule == UNLESS_WATCHED && t->report_up) ||
		    (r->rule == UNLESS_OPEN && t->discard && (t->latch || t->saf)))
			return false;
	}
	return true;
}

static bool
is_ordered_of(const struct row *r, const struct mgc_term *t)
{
	if (r->name == IQ_TLS_CHANGE)
		return t->tls;
	if (r->name == IQ_GM_SPF)
		return t->spf;
	if (r->name == IQ_TCP_DISCARD)
		return t->discard;
	if (r->name == IQ_SEP_LINK)
		return t->link;
	if (r->name == IQ_IPNAPT_LATCH)
		return t->latch;
	if (r->name == IQ_TCP_ESTABLISH)
		return t->establish;
	return true;
}

/* Was it in the order? */
static bool
is_ordered(const struct row *r, const struct mgc_term want[SIDES])
{
	return !(want[SIDE_ACCESS].lacks & r->lack) &&
	       (is_ordered_of(r, &want[SIDE_ACCESS]) || is_ordered_of(r, &want[SIDE_CORE]));
}

/* Application-aware MSRP where it was only a wish: agnostic carries the same bytes under the same protection. */
static unsigned
aware_lack(const struct mgc_failure *f, const struct mgc_term want[SIDES])
{
	return want[SIDE_CORE].msrp == MSRP_AWARE_IF_ABLE && mgc_is_unaware(f) ? MGC_LACKS_AWARE : 0;
}

/* Of the items that the refusal names: what may go. *must_be: one of them may not. */
static unsigned
named_lacks(const struct mgc_failure *f, const struct iq_names *n, const struct mgc_term want[SIDES], bool *must_be)
{
	unsigned lacks = 0;

	for (size_t i = 0; i < ROWS; i++) {
		if (!is_ordered(&rows[i], want) || !names_item(f, n->text[rows[i].name]))
			continue;
		if (may_go(&rows[i], want))
			lacks |= rows[i].lack;
		else
			*must_be = true;
	}
	return lacks;
}

unsigned
mgc_degrade(const struct mgc_failure *f, const struct iq_names *n, const struct mgc_term want[SIDES])
{
	bool must_be = false;
	unsigned lacks;

	if (!is_about_an_item(f->code) || mgc_is_denied(f))
		return 0;
	lacks = named_lacks(f, n, want, &must_be);
	if (must_be)
		return 0;
	if (!lacks)
		lacks = aware_lack(f, want);
	if (lacks || names_sdp(span_str(f->text)))
		return lacks;
	/* It does not say what: once without everything that may go. */
	for (size_t i = 0; i < ROWS; i++)
		if (may_go(&rows[i], want) && is_ordered(&rows[i], want))
			lacks |= rows[i].lack;
	return lacks;
}

const char *
mgc_lacks_text(unsigned lacks, const struct iq_names *n, char buf[MGC_TEXT_MAX])
{
	struct out o;

	out_init(&o, buf, MGC_TEXT_MAX);
	for (size_t i = 0; i < ROWS; i++)
		if (lacks & rows[i].lack && rows[i].name != IQ_HANGTERM_TIMERX)
			out_printf(&o, "%s%s", o.len ? " " : "", n->text[rows[i].name]);
	if (lacks & MGC_LACKS_AWARE)
		out_printf(&o, "%sa=path", o.len ? " " : "");
	return out_cstr(&o) ? buf : "?";
}
