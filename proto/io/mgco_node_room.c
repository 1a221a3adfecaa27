/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may have a place among the associations when there is none left: the bound of a host, and who is given up. */
#include "proto/io/mgco_node.h"

#include "proto/io/mgco_node_priv.h"

/* A UDP source that nobody uses: no pointer of the user's, no transaction, and its ids may be forgotten. */
static bool
is_spare(const struct mgco_assoc *as, uint64_t now)
{
	return as->proto == MGCO_UDP && !as->user && !mgco_xact_outstanding(as->xact) &&
	       now - as->heard_ms >= (uint64_t)as->owner->conf.t_max_ms + NODE_LONG_EXTRA_MS;
}

static enum mgco_place
place_of(struct mgco_assoc *as)
{
	struct mgco_node *n = as->owner;

	if (as->configured || mgco_xact_running(as->xact))
		return MGCO_PLACE_KEPT;
	if (n->handler.rate_place)
		return n->handler.rate_place(n->arg, as);
	return is_spare(as, loop_now_ms(n->loop)) ? MGCO_PLACE_STRANGER : MGCO_PLACE_KEPT;
}

/* Of those of the host (NULL: any) that are given up first, the one that was silent longest; NULL: all are kept. */
static struct mgco_assoc *
find_least(const struct mgco_node *n, const struct addr *host)
{
	enum mgco_place least_place = MGCO_PLACE_KEPT;
	struct mgco_assoc *least = NULL;

	LIST_EACH(it, &n->assocs) {
		struct mgco_assoc *as = LIST_OF(it, struct mgco_assoc, node);
		enum mgco_place place;

		if (host && !addr_same_ip(&as->peer, host))
			continue;
		place = place_of(as);
		if (place > least_place || (least && place == least_place && as->heard_ms < least->heard_ms)) {
			least_place = place;
			least = as;
		}
	}
	return least;
}

static bool
give_up(struct mgco_node *n, const struct addr *host)
{
	struct mgco_assoc *as = find_least(n, host);
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (!as)
		return false;
	n->counters->displaced++;
	if (log_limit_pass(&n->log_room, loop_now_ms(n->loop), &skipped))
		log_notice("h248 peer given up to make room: peer=%s transport=%s skipped=%u", addr_text(&as->peer, text),
		           mgco_proto_name(as->proto), skipped);
	assoc_tell_down(as, ERR_LIMIT);
	mgco_assoc_close(as);
	return true;
}

static uint32_t
count_of(const struct mgco_node *n, const struct addr *host)
{
	uint32_t count = 0;

	LIST_EACH(it, &n->assocs) {
		const struct mgco_assoc *as = LIST_OF(it, struct mgco_assoc, node);

		count += !as->configured && addr_same_ip(&as->peer, host);
	}
	return count;
}

bool
node_make_room(struct mgco_node *n, const struct addr *comer)
{
	if (comer && n->conf.max_per_host && count_of(n, comer) >= n->conf.max_per_host && !give_up(n, comer))
		return false;
	return n->n_assocs < n->conf.max_assocs || give_up(n, NULL);
}
