/* SPDX-License-Identifier: BSD-2-Clause */
/* Which realm a termination is in: by its name, by ipdc/realm, or because there is only one. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

/* ---- names ---- */

struct realm *
mg_find_realm(const struct mg *m, struct span name)
{
	for (unsigned i = 0; i < m->conf.n_realms; i++)
		if (span_caseeqs(name, m->conf.realms[i]->name))
			return m->conf.realms[i];
	return NULL;
}

struct realm *
mg_realm_of_pattern(const struct mg *m, struct span pattern)
{
	struct span rest = pattern, part[4];

	for (int i = 0; i < 4; i++)
		part[i] = span_cut(&rest, '/');
	if (rest.p || !span_caseeqs(part[0], "ip") || !span_eqs(part[1], "1") || !span_eqs(part[3], "*"))
		return NULL;
	return mg_find_realm(m, part[2]);
}

bool
mg_read_choose_name(struct span name, struct span *realm)
{
	struct span rest = name, part[4];

	*realm = SPAN_NULL;
	if (span_eqs(name, "$"))
		return true;
	for (int i = 0; i < 4; i++)
		part[i] = span_cut(&rest, '/');
	if (rest.p || !span_caseeqs(part[0], "ip") || !(span_eqs(part[1], "1") || span_eqs(part[1], "$")) ||
	    !span_eqs(part[3], "$"))
		return false;
	if (!span_eqs(part[2], "$"))
		*realm = part[2];
	return true;
}

/* ---- ipdc/realm ---- */

struct choosing {
	struct mg_realm_want *want;
	bool in_service; /* only those that are */
};

static int
read_value(struct mg_exec *x, const struct mgco_prop *p, struct mg_realm_want *want)
{
	struct span v = mgco_prop_text(p);

	if (p->relation != MGCO_EQUAL || p->shape != MGCO_ONE || !v.len)
		return mg_fail_value(x, p);
	if (want->is_said && !span_caseeq(want->value, v))
		return mg_fail_value(x, p); /* two streams in two realms */
	want->is_said = true;
	want->value = v;
	return 0;
}

static int
try_value(struct mg_exec *x, const struct mgco_prop *p, void *arg)
{
	const struct choosing *ch = arg;
	struct span v = mgco_prop_text(p);
	const struct realm *r = mg_find_realm(x->t->mg, v);

	if (!r || (ch->in_service && r->off) || (ch->want->named.len && !span_caseeq(ch->want->named, v)))
		return mg_fail_value(x, p);
	return read_value(x, p, ch->want);
}

int
mg_read_realm(struct mg_exec *x, const struct mgco_prop *p, struct mg_realm_want *want)
{
	static const struct mg_choice no_preset = { .is_flag = false };
	struct choosing ch = { .want = want, .in_service = true };

	if (!mg_is_choice(x, p))
		return read_value(x, p, want);
	/* Which of several networks it is to be is nothing that a gateway could know. */
	if (p->relation == MGCO_EQUAL && p->shape == MGCO_ONE)
		return want->named.len || want->is_said || x->t->mg->conf.n_realms == 1 ? 0 : mg_fail_value(x, p);
	if (mg_choose(x, p, &no_preset, try_value, &ch) == 0)
		return 0;
	ch.in_service = false; /* then the error of one that is not says more */
	return mg_choose(x, p, &no_preset, try_value, &ch);
}

/* ---- the realm ---- */

static int
find(struct mg_exec *x, const struct mg_realm_want *want, struct realm **realm)
{
	const struct mg *m = x->t->mg;
	struct span name = want->is_said ? want->value : want->named;

	if (want->named.len && want->is_said && !span_caseeq(want->named, want->value))
		return mg_failf(x, 449, "%s = %.*s", x->names->text[IQ_IPDC_REALM], SPAN_FMT(want->value));
	if (name.len == 0) {
		if (m->conf.n_realms != 1)
			return mg_failf(x, 457, "%s", x->names->text[IQ_IPDC_REALM]);
		*realm = m->conf.realms[0];
		return 0;
	}
	*realm = mg_find_realm(m, name);
	if (*realm)
		return 0;
	return want->is_said ? mg_failf(x, 449, "%s = %.*s", x->names->text[IQ_IPDC_REALM], SPAN_FMT(name))
	                     : mg_failf(x, 430, "no realm %.*s", SPAN_FMT(name));
}

int
mg_settle_realm(struct mg_exec *x, const struct mg_realm_want *want, struct realm **realm)
{
	int err = find(x, want, realm);

	if (err)
		return err;
	if ((*realm)->off & REALM_OFF_NETWORK)
		return mg_failf(x, 530, "realm %s is down", (*realm)->name);
	return (*realm)->off ? mg_failf(x, 503, "realm %s is out of service", (*realm)->name) : 0;
}

void
mg_settle_control(struct term_change *change, const struct realm *r)
{
	for (unsigned i = 0; i < change->n_streams; i++) {
		struct term_control *c = &change->streams[i].control;

		if (!change->streams[i].has_control || !c->wants_dscp)
			continue;
		c->wants_dscp = false;
		c->has_dscp = true;
		c->dscp = r->dscp;
	}
}
