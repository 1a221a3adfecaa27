/* SPDX-License-Identifier: BSD-2-Clause */
/* Two transaction machines and a network that does what the input says: two bytes a step. Whatever the order, loss
 * and repetition, a request is executed at most once, exactly once when its caller saw a reply, and every caller is
 * called exactly once. */
#include "proto/codec/mgco_xact.h"

#include <string.h>

#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"

enum { JOBS = 48, HELD = 16, PACKETS = 32, STEPS_MAX = 4096, T_MAX = 25000, LONG = 30000, TRANSIT_MAX = 2000,
       PATH_MAX_BYTES = 60 };

struct world;

struct job {
	unsigned executed, called;
	bool accepted, ok; /* ok: a reply without error came */
	char name[8];
};

struct side {
	struct world *w;
	struct side *other;
	struct mgco_xact *x;
	struct mgco_counters counters;
	struct job jobs[JOBS];
	unsigned n_jobs, n_held;
	uint64_t held[HELD]; /* tickets to be answered */
};

struct packet {
	struct side *to;
	uint64_t sent_ms;
	char *bytes;
	size_t len;
};

struct world {
	uint64_t now;
	struct side a, b;
	struct packet net[PACKETS];
};

static struct mgco_cmd cmd = { .kind = MGCO_SUBTRACT };
static struct mgco_action action = { .ctx = 1, .cmds = &cmd };

/* The network has a limit that it does not tell beforehand, at times. */
static int
on_send(void *arg, struct span msg)
{
	struct side *s = arg;

	if (s->w->now % 8 == 7 && msg.len > PATH_MAX_BYTES)
		return ERR_TOOBIG;
	for (int i = 0; i < PACKETS; i++) {
		struct packet *p = &s->w->net[i];

		if (p->to)
			continue;
		*p = (struct packet){ .to = s->other, .sent_ms = s->w->now, .bytes = span_dup(msg), .len = msg.len };
		FUZZ_ASSERT(p->bytes);
		break;
	}
	return 0;
}

static void
respond(struct side *s, uint64_t ticket)
{
	cmd.term = SPAN_LIT("t");
	mgco_xact_respond(s->x, s->w->now, ticket, &action, NULL);
}

static void
on_execute(void *arg, const struct mgco_txn *request, uint64_t ticket)
{
	struct side *s = arg;
	struct span name = request->actions ? request->actions->cmds->term : SPAN_NULL;

	for (unsigned i = 0; i < s->other->n_jobs; i++)
		if (span_eqs(name, s->other->jobs[i].name))
			s->other->jobs[i].executed++;
	if (s->n_held < HELD)
		s->held[s->n_held++] = ticket;
	else
		respond(s, ticket);
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct job *j = arg;

	FUZZ_ASSERT(!err == (reply != NULL));
	j->called++;
	j->ok = reply && !reply->error;
}

static void
do_request(struct side *s)
{
	struct job *j = &s->jobs[s->n_jobs];

	if (s->n_jobs == JOBS)
		return;
	snprintf(j->name, sizeof(j->name), "%c%u", s == &s->w->a ? 'a' : 'b', s->n_jobs);
	cmd.term = span_str(j->name);
	j->accepted = mgco_xact_request(s->x, s->w->now, &action, on_reply, j) == 0;
	s->n_jobs++;
}

static void
drop(struct packet *p)
{
	free(p->bytes);
	*p = (struct packet){ 0 };
}

/* Hands it over; the network keeps a copy when keep is set. */
static void
deliver(struct world *w, struct packet *p, bool keep)
{
	struct mgco_msg msg = { 0 };
	struct side *to = p->to;
	struct arena a;
	char *bytes = p->bytes;
	size_t len = p->len;

	if (!to)
		return;
	if (w->now - p->sent_ms > TRANSIT_MAX) {
		drop(p);
		return;
	}
	if (keep)
		bytes = span_dup(span_of(p->bytes, p->len));
	else
		*p = (struct packet){ 0 };
	arena_init(&a, MGCO_ARENA_MAX);
	FUZZ_ASSERT(mgco_parse(&a, span_of(bytes, len), &msg, NULL) == 0);
	mgco_xact_on_msg(to->x, w->now, &msg);
	arena_fini(&a);
	free(bytes);
}

static void
advance(struct world *w, uint64_t ms)
{
	w->now += ms;
	mgco_xact_tick(w->a.x, w->now);
	mgco_xact_tick(w->b.x, w->now);
}

/* What a peer with other ideas may send: ids that nobody uses, ranges over everything. */
static void
do_nonsense(struct side *s, uint8_t arg)
{
	struct mgco_ack ack = { .first = arg & 1 ? 0 : arg, .last = arg & 2 ? UINT32_MAX : arg };
	struct mgco_txn t = { .kind = (enum mgco_txn_kind)(arg >> 2 & 3), .id = arg, .imm_ack = arg & 16, .acks = &ack };
	struct mgco_error error = { .code = arg & 32 ? 406 : 400 };
	struct mgco_msg msg = { .version = 1, .txns = &t };

	if (arg & 64) /* may end a request that is executed all the same: only when none is outstanding */
		msg.error = mgco_xact_outstanding(s->x) ? NULL : &error;
	if (arg & 128)
		mgco_xact_on_bad_request(s->x, s->w->now, 2, arg, &error);
	else
		mgco_xact_on_msg(s->x, s->w->now, &msg);
}

static void
step(struct world *w, uint8_t op, uint8_t arg)
{
	struct side *s = op & 8 ? &w->b : &w->a;

	switch (op & 7) {
	case 0:
		do_request(s);
		break;
	case 1:
	case 2:
		deliver(w, &w->net[arg % PACKETS], op & 16);
		break;
	case 3:
		drop(&w->net[arg % PACKETS]);
		break;
	case 4:
		advance(w, op & 16 ? arg * 20u : arg);
		break;
	case 5:
		if (s->n_held)
			respond(s, s->held[--s->n_held]);
		break;
	case 6:
		do_nonsense(s, arg);
		break;
	case 7:
		mgco_xact_shut(s->x, ERR_CLOSED);
		mgco_xact_open(s->x);
		break;
	}
}

static void
side_begin(struct world *w, struct side *s, struct side *other, bool reliable, uint64_t seed)
{
	struct mgco_xact_ops ops = { .send = on_send, .execute = on_execute };
	struct mgco_xact_conf conf = {
		.mid = SPAN_LIT("<x.example>"),
		.version = 2,
		.reliable = reliable,
		.message_max = 65507, /* what a datagram carries */
		.rto_first_ms = 200,
		.rto_max_ms = 4000,
		.t_max_ms = T_MAX,
		.long_ms = LONG,
		.pending_ms = 100,
		.max_in = HELD / 2,
		.max_out = JOBS / 2,
		.seed = seed,
	};

	s->w = w;
	s->other = other;
	s->x = mgco_xact_new(&conf, &ops, s, &s->counters);
	FUZZ_ASSERT(s->x);
}

static void
side_check(const struct side *s)
{
	for (unsigned i = 0; i < s->n_jobs; i++) {
		const struct job *j = &s->jobs[i];

		FUZZ_ASSERT(j->called == j->accepted);
		FUZZ_ASSERT(j->executed <= 1);
		FUZZ_ASSERT(!j->ok || j->executed == 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t steps = len / 2 < STEPS_MAX ? len / 2 : STEPS_MAX;

	FUZZ_ASSERT(w);
	w->now = 1;
	side_begin(w, &w->a, &w->b, len & 1, 1);
	side_begin(w, &w->b, &w->a, len & 1, 2);
	for (size_t i = 0; i < steps; i++)
		step(w, p[2 * i], p[2 * i + 1]);
	for (int i = 0; i < PACKETS; i++)
		drop(&w->net[i]);
	while (w->a.n_held)
		respond(&w->a, w->a.held[--w->a.n_held]);
	while (w->b.n_held)
		respond(&w->b, w->b.held[--w->b.n_held]);
	/* Nobody hears anybody any more: everything ends by itself, in bounded time. */
	for (unsigned i = 0; i < 2 * XACT_PENDING_STRETCH; i++) {
		advance(w, T_MAX);
		for (int k = 0; k < PACKETS; k++)
			drop(&w->net[k]);
	}
	FUZZ_ASSERT(!mgco_xact_outstanding(w->a.x) && !mgco_xact_outstanding(w->b.x));
	FUZZ_ASSERT(!mgco_xact_remembered(w->a.x) && !mgco_xact_remembered(w->b.x));
	FUZZ_ASSERT(!mgco_xact_running(w->a.x) && !mgco_xact_running(w->b.x));
	FUZZ_ASSERT(mgco_xact_due_ms(w->a.x) == UINT64_MAX && mgco_xact_due_ms(w->b.x) == UINT64_MAX);
	side_check(&w->a);
	side_check(&w->b);
	mgco_xact_free(w->a.x);
	mgco_xact_free(w->b.x);
	free(w);
	return 0;
}
