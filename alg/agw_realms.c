/* SPDX-License-Identifier: BSD-2-Clause */
/* Which realms a gateway serves: what it lists (H.248.41, ipra/ar of ROOT), less what it has taken out of service
 * (ServiceChange of all terminations of a realm). */
#include "alg/agwset_priv.h"

/* For its calls it is as if the gateway had not said so. */
static void
ignore(struct agw *gw, struct span realm)
{
	uint32_t skipped;

	gw->set->stats->realms_ignored++;
	if (log_limit_pass(&gw->limit, loop_now_ms(gw->set->loop), &skipped))
		log_notice("gateway's realm ignored, too many or too long a name gw=%s realm=%.*s skipped=%u", gw->mid,
		           SPAN_FMT(realm), skipped);
}

void
agwset_read_realms(struct agw *gw, const struct mgco_prop *ar)
{
	gw->knows_realms = gw->knows_realms || ar;
	gw->n_realms = 0;
	for (const struct mgco_text *v = ar ? ar->values : NULL; v; v = v->next)
		if (gw->n_realms < ALG_AGW_REALMS_MAX && !span_copy(v->text, gw->realms[gw->n_realms], ALG_REALM_MAX))
			gw->n_realms++;
		else
			ignore(gw, v->text);
	if (gw->knows_realms)
		log_info("gateway's realms gw=%s n=%u first=%s", gw->mid, gw->n_realms,
		         gw->n_realms ? gw->realms[0] : "-");
}

static bool
is_listed(const struct agw *gw, const char *realm)
{
	for (uint32_t i = 0; i < gw->n_realms; i++)
		if (span_caseeqs(span_str(realm), gw->realms[i]))
			return true;
	return false;
}

/* Its place among those that are out of service, or n_off. */
static uint32_t
find_off(const struct agw *gw, struct span realm)
{
	uint32_t i = 0;

	while (i < gw->n_off && !span_caseeqs(realm, gw->off[i]))
		i++;
	return i;
}

bool
agwset_serves(const struct agw *gw, const char *const realm[SIDES])
{
	if (find_off(gw, SPAN_LIT("*")) < gw->n_off)
		return false;
	for (int s = 0; s < SIDES && realm; s++)
		if (find_off(gw, span_str(realm[s])) < gw->n_off || (gw->knows_realms && !is_listed(gw, realm[s])))
			return false;
	return true;
}

static void
set_off(struct agw *gw, struct span realm, bool off)
{
	uint32_t at = find_off(gw, realm);

	if (off && at == gw->n_off) {
		if (at < ALG_AGW_REALMS_MAX && span_copy(realm, gw->off[at], ALG_REALM_MAX) == 0)
			gw->n_off++;
		else
			ignore(gw, realm);
	}
	if (!off && at < gw->n_off)
		memmove(gw->off[at], gw->off[--gw->n_off], ALG_REALM_MAX);
	if (!off && span_eqs(realm, "*"))
		gw->n_off = 0;
}

bool
agwset_change_realm(struct agw *gw, struct span term, const struct mgco_services *s)
{
	struct span rest = term, part = SPAN_NULL, realm = SPAN_NULL;
	bool restart = mgco_name_is(s->method, "Restart");
	uint32_t skipped;

	while (rest.p) {
		realm = part;
		part = span_cut(&rest, '/');
	}
	if (span_eqs(term, "*"))
		realm = term;
	if (!realm.len || !span_eqs(part, "*"))
		return false;
	if (!restart && !mgco_name_is(s->method, "Forced") && !mgco_name_is(s->method, "Graceful"))
		return false;
	set_off(gw, realm, !restart);
	if (log_limit_pass(&gw->limit, loop_now_ms(gw->set->loop), &skipped))
		log_notice("gateway's realm %s gw=%s realm=%.*s method=%.*s reason=\"%.*s\" skipped=%u",
		           restart ? "back in service" : "gets no new calls", gw->mid, SPAN_FMT(realm), SPAN_FMT(s->method),
		           SPAN_FMT(s->reason), skipped);
	return true;
}

void
agwset_forget_realms(struct agw *gw)
{
	gw->knows_realms = false;
	gw->n_realms = gw->n_off = 0;
}
