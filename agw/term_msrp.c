/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/term_msrp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "agw/realm.h"

enum { SESSION_CHARS = 20 }; /* of 5 bits each; RFC 4975 14.1 wants 80 bits at least */

/* msrps://ADDRESS:PORT/SESSION;tcp */
static int
make_own(const struct term_stream *s, char own[MSRP_URI_OWN_MAX])
{
	static const char digits[33] = "abcdefghijklmnopqrstuvwxyz234567";
	struct addr told = realm_advertised(s->realm, &s->bound);
	char text[ADDR_TEXT_MAX], session[SESSION_CHARS + 1];
	uint8_t random[SESSION_CHARS];

	if (getentropy(random, sizeof(random)) != 0)
		return ERR_NOMEM;
	for (unsigned i = 0; i < SESSION_CHARS; i++)
		session[i] = digits[random[i] & 31];
	session[SESSION_CHARS] = '\0';
	(void)snprintf(own, MSRP_URI_OWN_MAX, "%s://%s/%s;tcp", term_is_tls(&s->local) ? "msrps" : "msrp",
	               addr_text(&told, text), session);
	return 0;
}

static int
plan_own(const struct term_stream *s, const struct stream_change *change, char own[MSRP_URI_OWN_MAX],
         const char **why)
{
	if (!s->local.wants_path) {
		own[0] = '\0';
		return 0;
	}
	*why = "a=path of Local is ours to choose ($)";
	if (!span_eqs(change->local_path, "$") && (!own[0] || !span_eqs(change->local_path, own)))
		return ERR_INVAL;
	*why = "no random octets";
	return own[0] ? 0 : make_own(s, own);
}

int
term_msrp_plan(struct term_stream *s, const struct stream_change *change, const char **why)
{
	struct term_msrp next = { .own = "" };
	int err = 0;

	if (s->msrp)
		next = *s->msrp;
	if (change->has_local)
		err = plan_own(s, change, next.own, why);
	if (err)
		return err;
	*why = "a=path of Remote is too long";
	if (change->has_remote && span_copy(change->remote_path, next.peer, sizeof(next.peer)) != 0)
		return ERR_INVAL;
	if (s->msrp && strcmp(next.own, s->msrp->own) == 0 && strcmp(next.peer, s->msrp->peer) == 0)
		return 0;
	s->msrp = NULL;
	if (!next.own[0] && !next.peer[0])
		return 0;
	*why = "out of memory";
	s->msrp = malloc(sizeof(*s->msrp));
	if (!s->msrp)
		return ERR_NOMEM;
	*s->msrp = next;
	return 0;
}

void
term_msrp_free(struct term_stream *copy, const struct term_stream *other)
{
	if (!other || copy->msrp != other->msrp)
		free(copy->msrp);
	copy->msrp = NULL;
}

void
term_msrp_spec(const struct term_stream *s, struct leg_msrp *m)
{
	m->aware = s->msrp && s->msrp->own[0];
	if (!m->aware)
		return;
	m->types_empty = s->realm->types_empty;
	m->keepalive_ms = s->realm->msrp_keepalive_ms;
	memcpy(m->own, s->msrp->own, sizeof(m->own));
	memcpy(m->peer, s->msrp->peer, sizeof(m->peer));
}
