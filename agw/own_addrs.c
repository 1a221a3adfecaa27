/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/own_addrs.h"

#include <stdlib.h>

#include "agw/netwatch.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

struct own_addrs {
	struct realm *const *realms;
	unsigned n_realms;
	struct addr *ips; /* of the host's interfaces */
	unsigned n_ips;
	struct netwatch *net; /* or NULL */
};

/* What cannot be told now is as it was. */
static void
look(void *arg)
{
	struct own_addrs *o = arg;
	struct addr *ips;
	unsigned n;
	int err = netwatch_list(&ips, &n);

	if (err) {
		log_warning("the host's addresses cannot be told: %s", err_str(err));
		return;
	}
	free(o->ips);
	o->ips = ips;
	o->n_ips = n;
}

struct own_addrs *
own_addrs_new(struct loop *l, struct realm *const *realms, unsigned n_realms)
{
	struct own_addrs *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->realms = realms;
	o->n_realms = n_realms;
	o->net = netwatch_new(l, look, o);
	look(o);
	return o;
}

void
own_addrs_free(struct own_addrs *o)
{
	if (!o)
		return;
	netwatch_free(o->net);
	free(o->ips);
	free(o);
}

bool
own_addrs_has(const struct own_addrs *o, const struct addr *a)
{
	bool is_ours = false;
	struct addr bound;

	for (unsigned i = 0; i < o->n_realms; i++) {
		const struct realm *r = o->realms[i];

		if (!realm_bound(r, a, &bound))
			continue;
		if (a->port >= r->lo && a->port <= r->hi)
			return false;
		is_ours |= !addr_is_loopback(a);
	}
	for (unsigned i = 0; i < o->n_ips && !is_ours; i++)
		is_ours = addr_same_ip(&o->ips[i], a);
	return is_ours;
}
