/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/term.h"

#include <string.h>

#include "agw/gate.h"

enum {
	DVT_A_SECOND = 10000000, /* the unit of tman/dvt, a tenth of a microsecond */
	SEGMENT = 1460,
};

struct term_stream *
term_find_stream(const struct term *t, uint16_t id)
{
	for (unsigned i = 0; i < t->n_streams; i++)
		if (t->streams[i]->id == id)
			return t->streams[i];
	return NULL;
}

unsigned
term_armed(const struct term *t, const struct term_stream *s)
{
	return t->events.all.armed | s->watch.armed;
}

const struct term_watch *
term_idle_watch(const struct term *t, const struct term_stream *s)
{
	return s->watch.armed & TERM_EV_IPSTOP ? &s->watch : &t->events.all;
}

uint16_t
term_told_stream(const struct term *t, const struct term_stream *s, unsigned ev)
{
	return s->watch.armed & ev || t->n_streams > 1 || s->id != 1 ? s->id : 0;
}

bool
term_is_tls(const struct term_local *l)
{
	return l->transport == TERM_TCP_TLS || l->transport == TERM_TCP_TLS_MSRP;
}

const char *
term_transport_name(enum term_transport t)
{
	static const char *const names[TERM_TRANSPORTS] = {
		[TERM_TCP] = "TCP",
		[TERM_TCP_TLS] = "TCP/TLS",
		[TERM_TCP_MSRP] = "TCP/MSRP",
		[TERM_TCP_TLS_MSRP] = "TCP/TLS/MSRP",
	};

	return names[t];
}

const char *
term_phase_name(enum term_phase p)
{
	switch (p) {
	case TERM_PHASE_IDLE:
		return "idle";
	case TERM_PHASE_TCP:
		return "tcp-up";
	case TERM_PHASE_TLS:
		return "tls-up";
	case TERM_PHASE_FAILED:
		return "failed";
	case TERM_PHASE_CLOSED:
		return "closed";
	}
	return "unknown";
}

const char *
term_dir_name(enum term_dir d)
{
	return d == TERM_DIR_IN ? "IN" : d == TERM_DIR_OUT ? "OUT" : "BOTH";
}

void
term_police(const struct term_control *c, struct police_rates *r)
{
	/* The least burst of a peak: what its rate makes in a period that our clock can tell, or one segment. */
	uint64_t jitter = (uint64_t)c->pdr * c->dvt / DVT_A_SECOND, least = c->pdr / 50 > SEGMENT ? c->pdr / 50 : SEGMENT;

	*r = (struct police_rates){ .peak = 0 };
	if (!c->pol)
		return;
	r->peak = c->pdr;
	if (c->pdr)
		r->peak_burst = (uint32_t)(jitter > UINT32_MAX ? UINT32_MAX : jitter > least ? jitter : least);
	r->sustained = c->sdr;
	r->burst = c->mbs ? c->mbs : c->sdr;
}

/* What gm filters on top of the address: the ports. False when they are not known yet. */
static bool
put_ports(const struct term_stream *s, struct gate_rule *rule)
{
	const struct term_control *c = &s->control;

	rule->remote.port = c->spr_lo ? c->spr_lo : s->remote.addr.port;
	rule->port_hi = c->spr_lo && c->spr_hi != c->spr_lo ? c->spr_hi : 0;
	return rule->remote.port != 0;
}

/* False: whom to let in is not known yet. */
static bool
put_address(const struct term_stream *s, struct gate_rule *rule)
{
	const struct term_control *c = &s->control;

	rule->remote = c->sam.family != ADDR_NONE ? c->sam : s->remote.addr;
	if (c->sam_bits)
		rule->host_bits = (uint8_t)(addr_bits(rule->remote.family) - c->sam_bits);
	return rule->remote.family != ADDR_NONE;
}

bool
term_latches_ports(const struct term_stream *s)
{
	return s->latch != TERM_LATCH_OFF && s->control.spf && !s->control.saf;
}

void
term_gate_rule(const struct term_stream *s, struct gate_rule *rule)
{
	struct gate_rule filter = { .mode = GATE_IGNORE };

	*rule = (struct gate_rule){ .mode = GATE_IGNORE };
	if (s->control.discard || s->is_gone || s->is_out)
		return;
	if (s->local.setup == SDP_ACTIVE || s->local.setup == SDP_HOLDCONN)
		return; /* nobody is to connect to us */
	/* A filter is the narrower and the later word: it wins over a latch that was ordered before the peer was
	 * known. Until the peer is known it lets nobody in. */
	if (s->control.saf) {
		if (!put_address(s, &filter))
			return;
		filter.mode = GATE_FILTER_ADDR;
	}
	if (s->control.spf) {
		if (!put_ports(s, &filter))
			return;
		filter.mode = s->control.saf ? GATE_FILTER_ADDR_PORT : GATE_FILTER_PORT;
	}
	/* A filter of ports alone does not say who: where it goes with a latch, whoever comes first. */
	if (term_latches_ports(s) && s->learned.family != ADDR_NONE) {
		memcpy(filter.remote.ip, s->learned.ip, sizeof(filter.remote.ip));
		filter.remote.family = s->learned.family;
		filter.mode = GATE_FILTER_ADDR_PORT;
	}
	if (filter.mode != GATE_IGNORE) {
		*rule = filter;
	} else if (s->latch != TERM_LATCH_OFF) {
		rule->mode = GATE_LATCH;
		rule->remote = s->learned;
	}
}
