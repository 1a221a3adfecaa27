/* SPDX-License-Identifier: BSD-2-Clause */
/* Any sequence of H.248 messages (separated by NUL) gets one printable reply each, and when all contexts are
 * dropped no port, relay or termination is left. */
#include "agw/mg.h"

#include <stdlib.h>
#include <unistd.h>

#include "agw/agw_conf.h"
#include "agw/realm.h"
#include "proto/base/log.h"
#include "tests/fuzz/fuzz.h"

enum { ASKED_MAX = 4096, CONTEXTS_MAX = 8, REQUESTS_MAX = 64, PRINTED_MAX = 64 * MGCO_MESSAGE_MAX };

static struct {
	struct loop *loop;
	struct gate_table *gates;
	struct iq_names names;
	struct realm *realms[2];
	struct ctxs ctxs;
	struct mg *mg;
	struct order asked[ASKED_MAX];
	unsigned n_asked, replies;
	uint64_t octets;
} f;

/* A request; the arena of a message with several is freed when all were answered. */
struct request {
	struct mgco_incoming in;
	struct arena arena;
};

void
mgco_respond(struct mgco_incoming *in, const struct mgco_action *actions, const struct mgco_error *error)
{
	struct mgco_style style = { .pretty = true };
	struct mgco_txn t = { .kind = MGCO_REPLY, .id = in->txn->id };
	struct mgco_msg m = { .version = 2, .mid = SPAN_LIT("<agw>"), .txns = &t }, again;
	struct mgco_error e;
	struct arena a;
	struct out o;

	FUZZ_ASSERT((actions != NULL) != (error != NULL));
	memcpy(&t.actions, &actions, sizeof(t.actions)); /* the printer does not write */
	if (error) {
		e = *error;
		t.error = &e;
	}
	out_init_heap(&o, PRINTED_MAX);
	mgco_print(&o, &m, &style);
	FUZZ_ASSERT(o.err == 0);
	if (o.len <= MGCO_MESSAGE_MAX) {
		arena_init(&a, MGCO_ARENA_MAX);
		FUZZ_ASSERT(mgco_parse(&a, out_get(&o), &again, NULL) == 0);
		arena_fini(&a);
	}
	out_fini(&o);
	f.replies++;
}

static void
on_unasked(void *arg, const struct ctx_stream *s, const struct event *ev)
{
	(void)arg;
	mg_on_stats(f.mg, s, ev);
}

static int
take_order(void *arg, unsigned worker, const struct order *o)
{
	(void)arg;
	(void)worker;
	for (int i = 0; i < 2; i++)
		if (o->listen_fd[i] >= 0)
			close(o->listen_fd[i]);
	if (o->kind == ORDER_STATS || o->kind == ORDER_CLOSE) {
		if (f.n_asked == ASKED_MAX)
			return ERR_LIMIT;
		f.asked[f.n_asked++] = *o;
	}
	return 0;
}

static void
answer_all(void)
{
	for (unsigned i = 0; i < f.n_asked; i++) {
		struct event ev = { .kind = EVENT_STATS, .relay = f.asked[i].relay, .tag = f.asked[i].tag };
		struct ctx_stream *s = ctxs_find_relay(&f.ctxs, ev.relay);

		ev.closed = f.asked[i].kind == ORDER_CLOSE;
		ev.stats[0].octets_in = ev.stats[1].octets_out = ++f.octets;
		FUZZ_ASSERT(s != NULL);
		mg_on_stats(f.mg, s, &ev);
		ctx_stream_on_stats(&f.ctxs, s, &ev);
	}
	f.n_asked = 0;
}

static void
on_thb(struct loop_timer *t)
{
	(void)t;
}

static enum mg_right
may(void *arg, const struct mgco_incoming *in)
{
	(void)arg;
	(void)in;
	return MG_MAY;
}

static struct realm *
make_realm(const char *flag)
{
	static const struct tls_ctx_conf tls = { .min_version = 12 };
	char why[OPTS_ERROR_MAX];
	struct realm_conf c;
	const char *sentence;
	struct realm *r;

	FUZZ_ASSERT(realm_conf_parse(flag, &c, why) == 0);
	r = realm_new(&c, &tls, &sentence);
	FUZZ_ASSERT(r != NULL);
	return r;
}

/* Once; the certificates are what takes long. */
static void
begin_all(void)
{
	log_open("fuzz_mg", LOG_TO_STDERR, LOG_LVL_ERROR);
	f.loop = loop_new_sim(1000);
	f.gates = gate_table_new();
	FUZZ_ASSERT(f.loop && f.gates);
	iq_names_init(&f.names);
	f.realms[0] = make_realm("access,address=127.0.0.1,ports=20300-20339");
	f.realms[1] = make_realm("core,address=127.0.0.1,advertise=203.0.113.5,ports=20340-20341,call-deny=198.18.0.0/15");
}

static void
begin(void)
{
	struct ctx_env env = {
		.loop = f.loop,
		.gates = f.gates,
		.order = take_order,
		.on_unasked = on_unasked,
		.on_thb = on_thb,
		.n_workers = 1,
		.max_contexts = CONTEXTS_MAX,
	};
	struct mg_conf mc = {
		.loop = f.loop,
		.ctxs = &f.ctxs,
		.names = &f.names,
		.realms = f.realms,
		.n_realms = 2,
		.right = may,
	};

	f.n_asked = 0;
	ctxs_init(&f.ctxs, &env);
	f.mg = mg_new(&mc);
	FUZZ_ASSERT(f.mg != NULL);
}

static void
end(void)
{
	LIST_EACH(it, &f.ctxs.all)
		ctx_drop(LIST_OF(it, struct ctx, node));
	answer_all();
	FUZZ_ASSERT(f.ctxs.n == 0 && f.ctxs.n_terms == 0 && f.ctxs.relays.used == 0);
	FUZZ_ASSERT(realm_ports_taken(f.realms[0]) == 0 && realm_ports_taken(f.realms[1]) == 0);
	mg_free(f.mg);
	ctxs_fini(&f.ctxs);
}

static void
send_message(struct span text)
{
	struct request r[REQUESTS_MAX];
	struct mgco_msg msg;
	struct arena a;
	unsigned n = 0;

	arena_init(&a, MGCO_ARENA_MAX);
	if (mgco_parse(&a, text, &msg, NULL) == 0) {
		f.replies = 0;
		for (const struct mgco_txn *t = msg.txns; t && n < REQUESTS_MAX; t = t->next) {
			if (t->kind != MGCO_REQUEST)
				continue;
			arena_init(&r[n].arena, MGCO_ARENA_MAX);
			r[n].in = (struct mgco_incoming){ .txn = t, .arena = &r[n].arena, .peer_version = 2 };
			mg_on_request(f.mg, &r[n++].in);
		}
		answer_all();
		FUZZ_ASSERT(f.replies == n);
		while (n)
			arena_fini(&r[--n].arena);
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span rest = span_of((const char *)p, len);

	if (!f.loop)
		begin_all();
	begin();
	while (rest.p) {
		struct span text = span_cut(&rest, 0);
		char *copy = span_dup(text); /* so that a read beyond it is seen */

		FUZZ_ASSERT(copy != NULL);
		send_message(span_of(copy, text.len));
		free(copy);
	}
	end();
	return 0;
}
