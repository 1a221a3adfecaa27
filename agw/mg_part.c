/* SPDX-License-Identifier: BSD-2-Clause */
/* Audits of single properties, events, signals, statistics and packages (H.248.1 version 2): what is legal to ask for,
 * and what of a reply stays. */
#include "agw/mg_priv.h"

/* ---- names ---- */

/* "gm/saf", "gm/ *" or "* / *". */
bool
mg_name_matches(struct span pattern, struct span name)
{
	ptrdiff_t slash = span_find(pattern, '/');
	struct span package;

	if (slash < 0 || !span_eqs(span_of(pattern.p + slash + 1, pattern.len - (size_t)slash - 1), "*"))
		return span_caseeq(pattern, name);
	package = span_of(pattern.p, (size_t)slash + 1);
	return span_eqs(package, "*/") || (name.len > package.len && span_caseeq(package, span_of(name.p, package.len)));
}

/* The item's number in the table of names, or IQ_NAMES. */
static unsigned
find_name(const struct mg_exec *x, struct span pattern)
{
	unsigned i = 0;

	while (i < IQ_NAMES && !(strchr(x->names->text[i], '/') && mg_name_matches(pattern, span_str(x->names->text[i]))))
		i++;
	return i;
}

static bool
is_token_of(const struct mgco_audit_part *part)
{
	const char *const of_stream[] = { "Mode", "ReservedValue", "ReservedGroup" };
	const char *const of_state[] = { "ServiceStates", "Buffer" };

	for (unsigned i = 0; part->place == MGCO_PLACE_LOCALCONTROL && i < 3; i++)
		if (span_caseeqs(part->name, of_stream[i]))
			return true;
	for (unsigned i = 0; part->place == MGCO_PLACE_TERMSTATE && i < 2; i++)
		if (span_caseeqs(part->name, of_state[i]))
			return true;
	return false;
}

/* ---- asking ---- */

int
mg_check_audit(struct mg_exec *x, const struct mgco_audit *audit)
{
	const unsigned never = MGCO_AUDIT_DIGITMAP | MGCO_AUDIT_MODEM | MGCO_AUDIT_MUX;

	if (!audit)
		return 0;
	if (audit->items & never)
		return mg_fail(x, 444, "audit of DigitMap, Modem or Mux");
	for (const struct mgco_audit_part *p = audit->parts; p; p = p->next) {
		if (!p->name.len || p->item == MGCO_AUDIT_PACKAGES || is_token_of(p))
			continue;
		if (find_name(x, p->name) == IQ_NAMES)
			return mg_failf(x, 532, "%.*s", SPAN_FMT(p->name));
	}
	return 0;
}

unsigned
mg_audit_items(const struct mgco_audit *audit)
{
	unsigned items = audit ? audit->items : 0;

	for (const struct mgco_audit_part *p = audit ? audit->parts : NULL; p; p = p->next)
		items |= p->item;
	return items;
}

bool
mg_audit_wants(const struct mgco_audit *audit, enum mgco_audit_item item, struct span name)
{
	if (!audit || audit->items & item)
		return true;
	for (const struct mgco_audit_part *p = audit->parts; p; p = p->next)
		if (p->item == item && (!p->name.len || mg_name_matches(p->name, name)))
			return true;
	return false;
}

/* ---- answering ---- */

/* What is kept of Media: one place of one stream. */
struct keep {
	const struct mgco_audit *audit;
	enum mgco_audit_place place;
	uint32_t stream;
};

static bool
keeps(const struct keep *k, struct span name)
{
	for (const struct mgco_audit_part *p = k->audit->parts; p; p = p->next) {
		if (p->item != MGCO_AUDIT_MEDIA || p->place != k->place)
			continue;
		if (p->place != MGCO_PLACE_TERMSTATE && p->has_id && p->id != k->stream)
			continue;
		if (!p->name.len || mg_name_matches(p->name, name))
			return true;
	}
	return false;
}

static void
keep_props(const struct keep *k, struct mgco_prop **at)
{
	while (*at) {
		if (keeps(k, (*at)->name))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

static void
keep_stream(const struct mgco_audit *audit, struct mgco_stream *s)
{
	struct keep k = { audit, MGCO_PLACE_LOCALCONTROL, s->id };

	if (s->lc) {
		keep_props(&k, &s->lc->props);
		if (!keeps(&k, SPAN_LIT("Mode")))
			s->lc->mode = MGCO_MODE_ABSENT;
		if (!keeps(&k, SPAN_LIT("ReservedValue")))
			s->lc->reserve_value = MGCO_ABSENT;
		if (!keeps(&k, SPAN_LIT("ReservedGroup")))
			s->lc->reserve_group = MGCO_ABSENT;
	}
	k.place = MGCO_PLACE_LOCAL;
	s->has_local = s->has_local && keeps(&k, SPAN_NULL);
	k.place = MGCO_PLACE_REMOTE;
	s->has_remote = s->has_remote && keeps(&k, SPAN_NULL);
}

static void
keep_media(const struct mgco_audit *audit, struct mgco_media *m)
{
	struct keep k = { audit, MGCO_PLACE_TERMSTATE, 0 };

	if (m->termstate) {
		keep_props(&k, &m->termstate->props);
		if (!keeps(&k, SPAN_LIT("ServiceStates")))
			m->termstate->service = MGCO_SI_ABSENT;
		if (!keeps(&k, SPAN_LIT("Buffer")))
			m->termstate->event_buffer = MGCO_ABSENT;
	}
	for (struct mgco_stream *s = m->streams; s; s = s->next)
		keep_stream(audit, s);
}

static void
keep_events(const struct mgco_audit *audit, struct mgco_events *list)
{
	struct mgco_event **at = &list->events;

	while (*at) {
		if (mg_audit_wants(audit, MGCO_AUDIT_EVENTS, (*at)->name))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
	list->has_id = list->has_id && list->events;
}

static void
keep_signals(const struct mgco_audit *audit, struct mgco_signals *list)
{
	struct mgco_signal **at = &list->signals;

	while (*at) {
		if (mg_audit_wants(audit, MGCO_AUDIT_SIGNALS, (*at)->name))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

static void
keep_packages(struct mg_exec *x, const struct mgco_audit *audit, struct mgco_package **at)
{
	while (*at) {
		struct span name = arena_printf(x->arena, "%.*s-%u", SPAN_FMT((*at)->name), (unsigned)(*at)->version);

		if (mg_audit_wants(audit, MGCO_AUDIT_PACKAGES, name))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

static void
keep_stats(const struct mgco_audit *audit, struct mgco_prop **at)
{
	while (*at) {
		if (mg_audit_wants(audit, MGCO_AUDIT_STATISTICS, (*at)->name))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

void
mg_keep_parts(struct mg_exec *x, struct mgco_cmd *reply, const struct mgco_audit *audit)
{
	if (!reply || !audit || !audit->parts)
		return;
	if (reply->media && !(audit->items & MGCO_AUDIT_MEDIA))
		keep_media(audit, reply->media);
	if (reply->events && !(audit->items & MGCO_AUDIT_EVENTS))
		keep_events(audit, reply->events);
	if (reply->signals && !(audit->items & MGCO_AUDIT_SIGNALS))
		keep_signals(audit, reply->signals);
	keep_packages(x, audit, &reply->packages);
	keep_stats(audit, &reply->stats);
}
