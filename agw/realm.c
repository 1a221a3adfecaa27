/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/realm.h"

#include <stdlib.h>

#include "agw/agw_conf.h"
#include "proto/base/err.h"

static int
make_pool(struct realm *r, enum addr_family family, struct ports **pool)
{
	struct addr of[AGW_REALM_ADDRS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_addrs; i++)
		if (r->addrs[i].family == family)
			of[n++] = r->addrs[i];
	if (n == 0)
		return 0;
	*pool = ports_new(of, n, r->lo, r->hi);
	return *pool ? 0 : ERR_NOMEM;
}

struct realm *
realm_new(const struct realm_conf *conf, const struct tls_ctx_conf *tls, const char **why)
{
	struct tls_ctx_conf t = *tls;
	struct realm *r = calloc(1, sizeof(*r));

	*why = "out of memory";
	if (!r)
		return NULL;
	memcpy(r->name, conf->name, sizeof(r->name));
	r->n_addrs = conf->n_addrs;
	for (unsigned i = 0; i < r->n_addrs; i++) {
		r->addrs[i] = conf->addrs[i];
		r->advertised[i] = conf->advertised[i].family ? conf->advertised[i] : conf->addrs[i];
	}
	r->lo = conf->lo;
	r->hi = conf->hi;
	r->dscp = conf->dscp;
	r->types_empty = conf->types_empty;
	r->msrp_keepalive_ms = conf->msrp_keepalive_ms;
	r->max_sessions = conf->sessions;
	r->callees = conf->callees;
	if (make_pool(r, ADDR_V4, &r->v4) != 0 || make_pool(r, ADDR_V6, &r->v6) != 0) {
		realm_free(r);
		return NULL;
	}
	t.cert_pem = conf->cert[0] ? conf->cert : NULL;
	t.key_pem = conf->key[0] ? conf->key : NULL;
	r->tls = tls_ctx_new(&t, why);
	if (!r->tls) {
		realm_free(r);
		return NULL;
	}
	return r;
}

void
realm_free(struct realm *r)
{
	if (!r)
		return;
	ports_free(r->v4);
	ports_free(r->v6);
	tls_ctx_free(r->tls);
	free(r);
}

static struct ports *
pool_of(const struct realm *r, enum addr_family family)
{
	return family == ADDR_V6 ? r->v6 : r->v4;
}

int
realm_take(struct realm *r, enum addr_family family, struct addr *local)
{
	struct ports *pool = pool_of(r, family == ADDR_NONE ? r->addrs[0].family : family);

	return pool ? ports_take(pool, local) : ERR_NOTFOUND;
}

void
realm_give(struct realm *r, const struct addr *local)
{
	ports_give(pool_of(r, local->family), local);
}

struct addr
realm_advertised(const struct realm *r, const struct addr *local)
{
	struct addr told = *local;

	for (unsigned i = 0; i < r->n_addrs; i++)
		if (addr_same_ip(&r->addrs[i], local))
			told = r->advertised[i];
	told.port = local->port;
	return told;
}

bool
realm_bound(const struct realm *r, const struct addr *told, struct addr *bound)
{
	for (unsigned i = 0; i < r->n_addrs; i++)
		if (addr_same_ip(&r->addrs[i], told) || addr_same_ip(&r->advertised[i], told)) {
			*bound = r->addrs[i];
			bound->port = told->port;
			return true;
		}
	return false;
}

uint32_t
realm_ports_total(const struct realm *r)
{
	return (r->v4 ? ports_total(r->v4) : 0) + (r->v6 ? ports_total(r->v6) : 0);
}

uint32_t
realm_ports_taken(const struct realm *r)
{
	return (r->v4 ? ports_taken(r->v4) : 0) + (r->v6 ? ports_taken(r->v6) : 0);
}
