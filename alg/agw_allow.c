/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/agw_allow.h"

#include "proto/base/err.h"

int
agw_allow_add(struct agw_allow *list, struct span text)
{
	struct agw_allow_rule rule = { .mid = "" };
	size_t at = text.len;
	int rc;

	while (at > 0 && text.p[at - 1] != '@')
		at--;
	if (at == 1)
		return ERR_SYNTAX;
	if (at && (rc = span_copy(span_of(text.p, at - 1), rule.mid, sizeof(rule.mid))))
		return rc;
	if ((rc = addr_net_parse(span_of(text.p + at, text.len - at), &rule.net)))
		return rc;
	if (list->n == ALG_AGW_MAX)
		return ERR_LIMIT;
	list->rules[list->n++] = rule;
	return 0;
}

bool
agw_allow_host(const struct agw_allow *list, const struct addr *host)
{
	for (unsigned i = 0; i < list->n; i++)
		if (addr_net_has(&list->rules[i].net, host))
			return true;
	return list->n == 0;
}

bool
agw_allow_names(const struct agw_allow *list, struct span mid, const struct addr *host)
{
	for (unsigned i = 0; i < list->n; i++)
		if (mid.len && span_caseeqs(mid, list->rules[i].mid) && addr_net_has(&list->rules[i].net, host))
			return true;
	return false;
}

bool
agw_allow_mid(const struct agw_allow *list, struct span mid, const struct addr *host)
{
	bool is_named = false, is_welcome = list->n == 0;

	for (unsigned i = 0; i < list->n; i++) {
		const struct agw_allow_rule *r = &list->rules[i];

		is_named = is_named || (mid.len && span_caseeqs(mid, r->mid));
		is_welcome = is_welcome || (!r->mid[0] && addr_net_has(&r->net, host));
	}
	return is_named ? agw_allow_names(list, mid, host) : is_welcome;
}
