/* SPDX-License-Identifier: BSD-2-Clause */
/* The associations of a gateway: the one that it speaks over, and the one that it is commanded over, which is the same unless
 * its ServiceChange named another address (ServiceChangeAddress, H.248.1 7.2.8). */
#include "alg/agwset_priv.h"

#include "proto/codec/mgco_mid.h"

/* No longer the gateway's; what we made ourselves goes. */
static void
let_go(const struct agw *gw, struct mgco_assoc *as)
{
	if (!as || as == gw->from || as == gw->assoc)
		return;
	mgco_assoc_set_user(as, NULL);
	if (mgco_assoc_is_made(as))
		mgco_assoc_close(as);
}

void
agwset_unlink(struct agw *gw)
{
	struct mgco_assoc *from = gw->from, *assoc = gw->assoc;

	gw->from = gw->assoc = NULL;
	gw->is_linking = gw->is_proven = false;
	let_go(gw, assoc);
	if (from != assoc)
		let_go(gw, from);
}

/* It registers under another MId now, and so this one is away. */
static void
take_from(struct agw *before, const struct mgco_assoc *as)
{
	struct mgco_assoc *other = before->from == as ? before->assoc : before->from;

	before->from = before->assoc = NULL;
	before->is_linking = before->is_proven = false;
	before->state = AGW_DOWN;
	agwset_audit_down(before);
	if (other != as)
		let_go(before, other);
}

static bool
is_commanded_at(const struct agw *gw, enum mgco_proto proto, const struct addr *a)
{
	struct addr now = gw->assoc ? mgco_assoc_peer(gw->assoc) : (struct addr){ 0 };

	return gw->assoc && mgco_assoc_proto(gw->assoc) == proto && addr_same(&now, a);
}

/* NULL when it is another gateway's, or cannot be made. */
static struct mgco_assoc *
link_to(struct agw *gw, enum mgco_proto proto, const struct addr *to)
{
	struct mgco_assoc *as;

	LIST_EACH(it, &gw->set->agws) {
		const struct agw *other = LIST_OF(it, struct agw, node);

		if (other != gw && is_commanded_at(other, proto, to))
			return NULL;
	}
	as = mgco_connect(gw->set->node, proto, to);
	gw->is_linking = as != NULL;
	return as;
}

/* Where the gateway is to be commanded; false: where it speaks from. */
static bool
read_address(struct agwset *set, const struct mgco_incoming *in, struct span text, struct addr *to)
{
	char peer[ADDR_TEXT_MAX];
	const char *why = NULL;
	uint32_t skipped;

	if (!text.len)
		return false;
	if (mgco_mid_service_addr(text, &in->peer, to) != 0)
		why = "it is no address";
	else if (!addr_same_ip(to, &in->peer) && !agw_allow_names(&set->conf.allow, in->peer_mid, to))
		why = "it is another host's, of which --gateway does not say that it is the gateway's";
	if (!why)
		return !addr_same(to, &in->peer);
	if (log_limit_pass(&set->limit, loop_now_ms(set->loop), &skipped))
		log_warning("gateway's address not used gw=%.*s peer=%s address=\"%.*s\" why=\"%s\" skipped=%u",
		            SPAN_FMT(in->peer_mid), addr_text(&in->peer, peer), SPAN_FMT(text), why, skipped);
	return false;
}

void
agwset_link(struct agw *gw, const struct mgco_incoming *in, struct span address)
{
	struct agw *before = mgco_assoc_user(in->assoc);
	struct mgco_assoc *from = gw->from, *assoc = gw->assoc, *next = in->assoc;
	struct addr to;
	uint32_t skipped;

	if (before && before != gw)
		take_from(before, in->assoc);
	if (read_address(gw->set, in, address, &to)) {
		enum mgco_proto proto = mgco_assoc_proto(in->assoc);

		next = is_commanded_at(gw, proto, &to) ? gw->assoc : link_to(gw, proto, &to);
		if (!next) {
			if (log_limit_pass(agwset_life_log(gw), loop_now_ms(gw->set->loop), &skipped))
				log_warning("gateway cannot be commanded where it says gw=%s skipped=%u", gw->mid, skipped);
			next = in->assoc;
		}
	} else {
		gw->is_linking = false;
	}
	if (next != assoc)
		gw->is_proven = false;
	gw->from = in->assoc;
	gw->assoc = next;
	mgco_assoc_set_user(gw->from, gw);
	mgco_assoc_set_user(gw->assoc, gw);
	let_go(gw, assoc);
	if (from != assoc)
		let_go(gw, from);
}

void
agwset_on_up(void *arg, struct mgco_assoc *as)
{
	struct agw *gw = mgco_assoc_user(as);

	(void)arg;
	if (!gw || gw->assoc != as || !gw->is_linking)
		return;
	gw->is_linking = false;
	if (gw->state != AGW_DOWN)
		agwset_audit_up(gw);
}

void
agwset_on_down(void *arg, struct mgco_assoc *as, int why)
{
	struct agwset *set = arg;
	struct agw *gw = mgco_assoc_user(as);
	uint32_t skipped;

	if (!gw)
		return;
	mgco_assoc_set_user(as, NULL);
	if (gw->from == as)
		gw->from = NULL;
	if (gw->assoc != as) /* it is commanded elsewhere */
		return;
	gw->assoc = NULL;
	gw->is_linking = gw->is_proven = false;
	gw->state = AGW_DOWN;
	set->stats->gateway_lost++;
	if (log_limit_pass(agwset_life_log(gw), loop_now_ms(set->loop), &skipped))
		log_warning("gateway lost gw=%s contexts=%u why=\"%s\" skipped=%u", gw->mid, gw->contexts, err_str(why), skipped);
	agwset_audit_down(gw);
	agwset_fail_requests(gw); /* the node did so already; this is for those that it could not name */
	if (mgco_assoc_is_made(as)) /* it registers anew, and says where it is then */
		mgco_assoc_close(as);
}
