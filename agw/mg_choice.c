/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties that leave the gateway a choice (H.248.1 7.1.1): CHOOSE, alternatives in the order of preference, ranges and
 * relations. What was chosen is told in the reply. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

bool
mg_is_choice(const struct mg_exec *x, const struct mgco_prop *p)
{
	if (p->shape == MGCO_RANGE && iq_name_is(x->names, IQ_GM_SPR, p->name))
		return false; /* ports: a range is its value */
	return p->relation != MGCO_EQUAL || p->shape == MGCO_ALT || p->shape == MGCO_RANGE ||
	       (p->shape == MGCO_ONE && p->values && !p->values->quoted && span_eqs(p->values->text, "$"));
}

static bool
put(struct mg_exec *x, struct mgco_text *to, uint64_t v)
{
	to->text = arena_printf(x->arena, "%llu", (unsigned long long)v);
	return to->text.p != NULL;
}

static bool
read_value(const struct mgco_text *v, uint32_t *n)
{
	struct mgco_text one = { .text = v->text };
	const struct mgco_prop p = { .shape = MGCO_ONE, .values = &one };

	return mgco_prop_u32(&p, n) == 0;
}

/* The upper end of a range (the wider limit, of a rate), or the neighbour of a relation's number, within the limits. */
static bool
choose_number(struct mg_exec *x, const struct mgco_prop *p, const struct mg_choice *c, struct mgco_text *to)
{
	uint32_t a, b;

	if (!p->values || !read_value(p->values, &a))
		return false;
	if (p->shape == MGCO_RANGE) {
		if (!p->values->next || !read_value(p->values->next, &b))
			return false;
		b = b > c->hi ? c->hi : b;
		return a <= b && c->lo <= b && put(x, to, b);
	}
	if (p->relation == MGCO_GREATER)
		return a < c->hi && put(x, to, a < c->lo ? c->lo : (uint64_t)a + 1);
	if (p->relation == MGCO_LESS)
		return a > c->lo && put(x, to, a > c->hi ? c->hi : a - 1);
	if (a < c->lo || a > c->hi)
		return put(x, to, c->lo);
	return c->lo < c->hi && put(x, to, a < c->hi ? (uint64_t)a + 1 : a - 1);
}

static bool
choose_flag(const struct mgco_prop *p, struct mgco_text *to)
{
	const struct mgco_prop one = { .shape = MGCO_ONE, .values = p->values };
	bool on;

	if (p->relation != MGCO_NOT_EQUAL || mgco_prop_bool(&one, &on) != 0)
		return false;
	to->text = on ? SPAN_LIT("OFF") : SPAN_LIT("ON");
	return true;
}

int
mg_choose(struct mg_exec *x, const struct mgco_prop *p, const struct mg_choice *c, mg_value_fn fn, void *arg)
{
	struct mgco_text value = { .quoted = false };
	const struct mgco_prop one = { .name = p->name, .shape = MGCO_ONE, .has_value = true, .values = &value };
	bool is_chosen = false;

	if (p->relation == MGCO_EQUAL && p->shape == MGCO_ALT) {
		for (const struct mgco_text *v = p->values; v; v = v->next) {
			value.text = v->text;
			value.quoted = v->quoted;
			if (fn(x, &one, arg) == 0)
				return 0;
		}
	} else if (p->relation == MGCO_EQUAL && p->shape == MGCO_ONE) {
		value.text = span_str(c->preset ? c->preset : "");
		is_chosen = value.text.len > 0;
	} else {
		is_chosen = c->is_flag ? choose_flag(p, &value) : c->hi && choose_number(x, p, c, &value);
	}
	return is_chosen && fn(x, &one, arg) == 0 ? 0 : mg_fail_value(x, p);
}

void
mg_build_chosen(struct mg_exec *x, struct mgco_cmd *reply, const struct mgco_stream *asked, const struct term *t)
{
	const struct term_stream *s = term_find_stream(t, asked->id);
	struct mgco_prop *all = NULL, **at = &all;
	struct mgco_stream *st;

	if (!reply || !asked->lc || !s)
		return;
	mgco_add_prop(x->arena, &all, x->names->text[IQ_IPDC_REALM], span_str(t->realm->name), true);
	mg_put_control(x, &all, &s->control, true);
	while (*at) {
		const struct mgco_prop *p = asked->lc->props;

		while (p && !(mg_is_choice(x, p) && span_caseeq(p->name, (*at)->name)))
			p = p->next;
		if (p)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
	if (!all || !(st = mgco_need_stream(x->arena, reply, s->id)) || !mgco_need_lc(x->arena, st))
		return;
	st->bare = asked->bare;
	for (at = &st->lc->props; *at; at = &(*at)->next)
		;
	*at = all;
}
