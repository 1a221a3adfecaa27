/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/term.h"

#include "agw/gate.h"

struct term_stream *
term_find_stream(const struct term *t, uint16_t id)
{
	for (unsigned i = 0; i < t->n_streams; i++)
		if (t->streams[i]->id == id)
			return t->streams[i];
	return NULL;
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

void
term_gate_rule(const struct term_stream *s, struct gate_rule *rule)
{
	bool known = s->remote.addr.family != ADDR_NONE;

	*rule = (struct gate_rule){ .mode = GATE_IGNORE };
	if (s->control.discard || s->is_gone)
		return;
	if (s->local.setup == SDP_ACTIVE || s->local.setup == SDP_HOLDCONN)
		return; /* nobody is to connect to us */
	/* A filter is the narrower and the later word: it wins over a latch that was ordered before the peer was
	 * known. Until the peer is known it lets nobody in. */
	if (s->control.saf) {
		if (!known)
			return;
		rule->mode = s->control.spf && s->remote.addr.port ? GATE_FILTER_ADDR_PORT : GATE_FILTER_ADDR;
		rule->remote = s->remote.addr;
	} else if (s->latch != TERM_LATCH_OFF) {
		rule->mode = GATE_LATCH;
		rule->remote = s->learned;
	}
}
