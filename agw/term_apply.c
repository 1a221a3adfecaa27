/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/term_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/ctx_stream.h"
#include "agw/realm.h"
#include "agw/term_msrp.h"
#include "proto/io/sock.h"

/* ---- ports and listeners ---- */

/* A socket on s->bound that nobody but the rule lets in: the rule stands before listen(2), so there is no
 * instant in which the kernel would answer for it. */
static int
make_listener(struct ctxs *x, struct term_stream *s)
{
	int err = 0;

	s->listener = sock_tcp_bound(&s->bound);
	if (s->listener < 0)
		err = s->listener;
	else if (x->env.max_fd && s->listener >= x->env.max_fd)
		err = ERR_LIMIT; /* the rest is for the connections of those who have been let in */
	else
		ctx_arm_gate(x, s);
	if (!err && x->keeps_filter_fds && (s->filter_fd = fcntl(s->listener, F_DUPFD_CLOEXEC, 0)) < 0)
		err = ERR_LIMIT;
	s->listener_mark = 0;
	term_stream_mark_listener(s);
	if (!err && listen(s->listener, SOCK_BACKLOG) != 0)
		err = err_from_errno(errno);
	if (err)
		term_stream_drop_listener(x, s);
	s->has_listener = !err;
	return err;
}

/* "active" needs no listener: it connects from a port of the kernel's choice. */
static bool
wants_listener(const struct term_stream *s)
{
	return s->local.setup != SDP_ACTIVE;
}

static int
fail_port(struct ctxs *x, const char **why)
{
	x->no_ports++;
	*why = "no-port";
	return ERR_LIMIT;
}

/* Takes a port, and the next one while somebody else sits on it. */
static int
take_port(struct ctxs *x, struct term_stream *s, const char **why)
{
	enum addr_family family = s->local.addr.family;

	for (int i = 0; i < PORT_TRIES_MAX; i++) {
		int err = realm_take(s->realm, family, &s->bound);

		if (err) {
			s->bound = (struct addr){ .family = ADDR_NONE };
			if (err == ERR_LIMIT)
				return fail_port(x, why);
			*why = "the realm has no address of this family";
			return err;
		}
		if (!wants_listener(s))
			return 0;
		err = make_listener(x, s);
		if (!err)
			return 0;
		realm_give(s->realm, &s->bound);
		s->bound = (struct addr){ .family = ADDR_NONE };
		if (err == ERR_LIMIT || err == ERR_NOMEM) { /* another port will not help */
			x->fds_refused++;
			*why = "overload: out of descriptors";
			return ERR_LIMIT;
		}
	}
	return fail_port(x, why);
}

/* ---- one stream ---- */

/* What Local says of our address, unless it leaves it to us, is what we told. */
static bool
same_local(const struct term_stream *s, const struct term_local *l)
{
	struct addr told = realm_advertised(s->realm, &s->bound);

	if (l->addr.port && l->addr.port != told.port)
		return false;
	return !l->addr_given || addr_same_ip(&l->addr, &told);
}

static int
apply_local(struct term_stream *s, const struct term_local *l, bool fresh, const char **why)
{
	struct term_local was = s->local;

	*why = "address and port of Local are ours to choose ($)";
	if (fresh && (l->addr_given || l->addr.port))
		return ERR_INVAL;
	s->local = *l;
	if (fresh)
		return 0;
	if (!same_local(s, l))
		return ERR_INVAL;
	*why = "the address family of a stream cannot change";
	if (l->addr.family != s->bound.family)
		return ERR_INVAL;
	*why = "the transport of a stream cannot change";
	if (term_is_tls(l) != term_is_tls(&was))
		return ERR_INVAL;
	/* Fingerprints that were given out stay part of what Local says. */
	s->local.hashes |= was.hashes;
	return 0;
}

static int
apply_remote(struct term_stream *s, const struct term_remote *r, const char **why)
{
	enum addr_family family = s->bound.family ? s->bound.family : s->local.addr.family;

	*why = "Remote is of another address family than Local";
	if (r->addr.family != ADDR_NONE && r->addr.family != family)
		return ERR_INVAL;
	s->remote = *r;
	return 0;
}

/* A list of its own: the old one is still that of the stream of old. */
static int
plan_fprs(struct term_stream *s, const struct fpr_set *wanted, const char **why)
{
	s->fprs = NULL;
	if (wanted->n == 0 && wanted->unknown == 0)
		return 0;
	*why = "out of memory";
	s->fprs = fpr_list_new(wanted);
	return s->fprs ? 0 : ERR_NOMEM;
}

static void
free_fprs(struct term_stream *copy, const struct term_stream *other)
{
	if (!other || copy->fprs != other->fprs)
		free(copy->fprs);
	copy->fprs = NULL;
}

/* Addresses of gm go with the stream's family and with what the realm has. */
static int
check_gate(const struct term_stream *s, const char **why)
{
	const struct term_control *c = &s->control;
	enum addr_family family = s->local.addr.family;
	struct addr bound;

	*why = "gm/sam is of another address family than Local";
	if ((c->sam.family != ADDR_NONE && c->sam.family != family) || c->sam_bits > addr_bits(family))
		return ERR_INVAL;
	*why = "gm/lsa is no address of the realm, or of another family than Local";
	if (c->lsa.family != ADDR_NONE && (c->lsa.family != family || !realm_bound(s->realm, &c->lsa, &bound)))
		return ERR_INVAL;
	*why = "gm/lsp is not the port of Local";
	if (c->lsp && c->lsp != s->bound.port)
		return ERR_INVAL;
	*why = "gm/esps goes with Local's own address";
	if (c->esps && c->esas && !addr_same_ip(&bound, &s->bound) && s->bound.family != ADDR_NONE)
		return ERR_INVAL;
	return 0;
}

/* The stream as it will be; old is NULL for a new one, change NULL when only signals touch it. */
static int
plan_stream(struct term_plan *p, const struct term_stream *old, const struct stream_change *change,
            const char **why)
{
	struct ctxs *x = p->ctx->table;
	struct term_stream *s = malloc(sizeof(*s));
	int err = 0;

	*why = "out of memory";
	if (!s)
		return ERR_NOMEM;
	if (old)
		*s = *old;
	else
		*s = (struct term_stream){ .id = change->id, .realm = p->term->realm, .listener = -1,
			                   .filter_fd = -1 };
	s->is_out = p->term->is_out;
	p->is_fresh[p->n] = !old;
	p->next[p->n++] = s;
	if (!old && ctx_reserve_stream(p->ctx, s->id) != 0)
		return ERR_NOMEM;
	if (change && !old && !change->has_local) {
		*why = "a new stream needs a Local descriptor";
		return ERR_MORE;
	}
	if (change && change->has_control)
		s->control = change->control;
	if (change && change->has_local)
		err = apply_local(s, &change->local, !old, why);
	if (!err && change && change->has_remote)
		err = apply_remote(s, &change->remote, why);
	if (!err && change && change->has_remote)
		err = plan_fprs(s, &change->fprs, why);
	if (!err)
		err = check_gate(s, why);
	if (err)
		return err;
	term_apply_signals(s, p->change, !old);
	if (!old) {
		err = take_port(x, s, why);
	} else if (!s->has_listener && wants_listener(s)) {
		err = make_listener(x, s) ? fail_port(x, why) : 0;
	}
	if (!err && change && (change->has_local || change->has_remote))
		err = term_judge_remote(p->ctx, s, why);
	return !err && change ? term_msrp_plan(s, change, why) : err;
}

/* ---- the termination ---- */

static const struct stream_change *
change_of(const struct term_change *c, uint16_t id)
{
	for (unsigned i = 0; i < c->n_streams; i++)
		if (c->streams[i].id == id)
			return &c->streams[i];
	return NULL;
}

static int
plan_streams(struct term_plan *p, const char **why)
{
	const struct term *t = p->term;
	int err = 0;

	for (unsigned i = 0; i < t->n_streams && !err; i++)
		err = plan_stream(p, t->streams[i], change_of(p->change, t->streams[i]->id), why);
	for (unsigned i = 0; i < p->change->n_streams && !err; i++) {
		const struct stream_change *sc = &p->change->streams[i];

		if (term_find_stream(t, sc->id))
			continue;
		*why = "too many streams";
		err = p->n < TERM_STREAMS_MAX ? plan_stream(p, NULL, sc, why) : ERR_LIMIT;
	}
	return err;
}

/* Events and signals of a stream are of one that is there, or comes with them. */
static int
check_named(const struct term_plan *p, const char **why)
{
	for (unsigned i = 0; i < p->change->n_named; i++) {
		unsigned k = 0;

		while (k < p->n && p->next[k]->id != p->change->named[i])
			k++;
		*why = "Stream of an event or a signal that the termination does not have";
		if (k == p->n)
			return ERR_INVAL;
	}
	return 0;
}

int
term_check(struct ctx *ctx, struct term *term, struct realm *realm, const struct term_change *change,
           struct term_plan *plan, const char **why)
{
	int err;

	*plan = (struct term_plan){ .ctx = ctx, .term = term, .is_new = !term, .change = change };
	if (!term && realm->max_sessions && realm->sessions >= realm->max_sessions) {
		realm->refused++;
		*why = "overload: the realm has all the sessions that it may have";
		return ERR_LIMIT;
	}
	*why = "out of memory";
	if (!term && !(plan->term = ctxs_new_term(ctx->table, realm)))
		return ERR_NOMEM;
	err = plan_streams(plan, why);
	if (!err)
		err = check_named(plan, why);
	if (!err && plan->is_new && plan->n == 0) {
		*why = "a termination needs a stream with a Local descriptor";
		err = ERR_MORE;
	}
	if (err)
		term_abandon(plan);
	return err;
}

/* Frees a planned copy; what it shares with the stream of old stays. */
static void
free_copy(struct ctxs *x, struct term_stream *copy, struct term_stream *old)
{
	term_msrp_free(copy, old);
	free_fprs(copy, old);
	if (old) {
		ctx_arm_gate(x, old);
		if (copy->listener >= 0 && copy->listener != old->listener)
			(void)close(copy->listener);
		if (copy->filter_fd >= 0 && copy->filter_fd != old->filter_fd)
			(void)close(copy->filter_fd);
		copy->listener = copy->filter_fd = -1;
		copy->bound.family = ADDR_NONE;
	}
	term_stream_free(x, copy);
}

static struct term_stream *
planned_from(const struct term_plan *p, unsigned i)
{
	return p->is_fresh[i] ? NULL : term_find_stream(p->term, p->next[i]->id);
}

void
term_abandon(struct term_plan *p)
{
	struct ctxs *x = p->ctx->table;

	for (unsigned i = 0; i < p->n; i++)
		free_copy(x, p->next[i], planned_from(p, i));
	p->n = 0;
	if (p->is_new)
		ctxs_free_term(x, p->term);
	p->term = NULL;
}

/* What is armed for this stream alone. */
static struct term_watch
watch_of(const struct term_change *c, uint16_t stream)
{
	for (unsigned i = 0; i < c->n_watches; i++)
		if (c->watches[i].stream == stream)
			return c->watches[i].watch;
	return (struct term_watch){ .armed = 0 };
}

static void
apply_events(struct term *t, const struct term_change *c)
{
	uint64_t thb_ms = (uint64_t)c->events.thb_s * 1000;

	if (!c->has_events)
		return;
	t->events = c->events;
	for (unsigned i = 0; i < t->n_streams; i++)
		t->streams[i]->watch = watch_of(c, t->streams[i]->id);
	if (c->events.all.armed & TERM_EV_THB)
		loop_timer_set(&t->thb, thb_ms);
	else
		loop_timer_stop(&t->thb);
}

struct term *
term_commit(struct term_plan *p)
{
	struct term *t = p->term;

	for (unsigned i = 0; i < p->n; i++) {
		struct term_stream *old = planned_from(p, i);

		if (old) { /* others point at it, so it changes in place */
			term_msrp_free(old, p->next[i]);
			free_fprs(old, p->next[i]);
			*old = *p->next[i];
			free(p->next[i]);
		} else {
			t->streams[t->n_streams++] = p->next[i];
		}
	}
	if (p->is_new)
		ctx_add_term(p->ctx, t);
	else
		ctx_join_streams(t);
	apply_events(t, p->change);
	if (term_has_ended(t) && list_is_empty(&t->ended))
		list_append(&p->ctx->table->ended, &t->ended);
	if (p->change->has_service)
		term_set_service(t, p->change->in_service);
	return t;
}
