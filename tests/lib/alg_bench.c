/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/alg_bench.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/sock.h"
#include "tests/lib/h248_trace.h"
#include "tests/lib/tmain.h"

enum { BENCH_MS = 10000 };

const char BENCH_OFFER[] = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
			   "m=message 7654 TCP/MSRP *\r\na=accept-types:text/plain\r\na=setup:actpass\r\n"
			   "a=msrp-cema\r\na=path:msrp://198.51.100.7:7654/jshA7we;tcp\r\n";
const char BENCH_ANSWER[] =
	"v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
	"m=message 40000 TCP/TLS/MSRP *\r\na=accept-types:text/plain\r\na=setup:active\r\n"
	"a=fingerprint:sha-256 11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11"
	":11:11\r\na=msrp-cema\r\na=path:msrps://203.0.113.99:40000/uu7;tcp\r\n";
const char BENCH_AUDIO[] = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
			   "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

static void
on_ng(struct loop_io *io, unsigned ready)
{
	struct alg_bench *b = io->arg;
	char buf[65536];

	(void)ready;
	for (;;) {
		ssize_t n = recv(b->fd, buf, sizeof(buf), 0);

		if (n < 0)
			return;
		if (b->n_replies < BENCH_REPLIES_MAX)
			snprintf(b->replies[b->n_replies++], sizeof(b->replies[0]), "%.*s", (int)n, buf);
	}
}

void
bench_init(struct alg_bench *b)
{
	memset(b, 0, sizeof(*b));
	b->fd = -1;
	alg_conf_init(&b->conf);
	b->conf.daemon.control[0] = '\0';
	arena_init(&b->arena, 16 * 1024 * 1024);
}

static void
open_proxy(struct alg_bench *b, const struct addr *host)
{
	struct addr local = *host;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&b->alg->ng[0], &ss);

	b->fd = sock_udp(&local);
	CU_ASSERT_EQUAL_FATAL(connect(b->fd, (struct sockaddr *)&ss, len), 0);
	loop_io_init(&b->io, b->l, b->fd, on_ng, b);
	loop_io_want(&b->io, LOOP_READ);
}

void
bench_start(struct alg_bench *b, enum mgco_proto proto)
{
	struct addr any;
	char why[OPTS_ERROR_MAX];

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any), 0);
	b->conf.ng[0] = (struct alg_listen){ MGCO_UDP, any };
	b->conf.ng[1] = (struct alg_listen){ MGCO_TCP, any };
	b->conf.n_ng = 2;
	b->conf.h248[0] = (struct alg_listen){ proto, any };
	b->conf.n_h248 = 1;
	CU_ASSERT_EQUAL_FATAL(alg_conf_done(&b->conf, why), 0);
	b->l = loop_new_sim(1000);
	b->alg = alg_new(b->l, &b->conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->alg);
	h248_trace(agwset_node(b->alg->agws));
	open_proxy(b, &any);
}

int
bench_use_proxy(struct alg_bench *b, const struct addr *host)
{
	int before = b->fd;

	loop_io_stop(&b->io);
	open_proxy(b, host);
	return before;
}

void
bench_take_back_proxy(struct alg_bench *b, int fd)
{
	loop_io_stop(&b->io);
	close(b->fd);
	b->fd = fd;
	loop_io_init(&b->io, b->l, b->fd, on_ng, b);
	loop_io_want(&b->io, LOOP_READ);
}

void
bench_start_with_gateway(struct alg_bench *b, enum mgco_proto proto)
{
	bench_init(b);
	bench_start(b, proto);
	fake_gw_start(b, proto);
}

void
bench_stop(struct alg_bench *b)
{
	loop_io_stop(&b->io);
	close(b->fd);
	/* What we refuse has a reason of the vocabulary, in every test. */
	CU_ASSERT_EQUAL(b->alg->stats.offers_failed[CAUSE_OTHER] + b->alg->stats.answers_failed[CAUSE_OTHER], 0);
	alg_free(b->alg);
	if (b->gw.node)
		mgco_node_free(b->gw.node);
	mgco_node_free(b->gw.there);
	loop_free(b->l);
	arena_fini(&b->arena);
}

static bool
lose(void *arg, struct span msg)
{
	(void)arg;
	(void)msg;
	return false;
}

void
bench_mute(struct mgco_node *n)
{
	mgco_node_set_tap(n, lose, NULL);
}

void
bench_start_anew(struct alg_bench *b)
{
	struct addr host = b->conf.h248[0].addr;

	host.port = 0;
	loop_io_stop(&b->io);
	close(b->fd);
	b->conf.h248[0].addr = b->alg->h248[0];
	bench_mute(agwset_node(b->alg->agws));
	alg_free(b->alg);
	b->alg = alg_new(b->l, &b->conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->alg);
	h248_trace(agwset_node(b->alg->agws));
	open_proxy(b, &host);
}

void
bench_run(struct alg_bench *b, uint64_t ms)
{
	loop_sim_run(b->l, ms, NULL, NULL);
}

struct until {
	const uint32_t *value;
	uint32_t at_least;
};

static bool
is_reached(void *arg)
{
	const struct until *u = arg;

	return *u->value >= u->at_least;
}

bool
bench_until(struct alg_bench *b, const uint32_t *value, uint32_t at_least)
{
	struct until u = { value, at_least };

	return loop_sim_run(b->l, BENCH_MS, is_reached, &u);
}

void
bench_send(struct alg_bench *b, const char *text, size_t len)
{
	CU_ASSERT_EQUAL(send(b->fd, text, len, 0), (ssize_t)len);
}

void
bench_request(struct alg_bench *b, const char *cookie, const char *command, const char *call_id, const char *sdp,
              const char *more)
{
	struct out o;

	out_init_heap(&o, 65507);
	if (cookie)
		out_printf(&o, "%s ", cookie);
	else
		out_printf(&o, "c_%u ", ++b->cookie);
	out_printf(&o, "{\"command\":\"%s\"", command);
	if (call_id)
		out_printf(&o, ",\"call-id\":\"%s\"", call_id);
	if (sdp) {
		out_str(&o, ",\"sdp\":");
		out_json_string(&o, span_str(sdp));
	}
	if (more)
		out_printf(&o, ",%s", more);
	out_char(&o, '}');
	CU_ASSERT_EQUAL_FATAL(o.err, 0);
	bench_send(b, o.buf, o.len);
	out_fini(&o);
}

struct replies_wanted {
	struct alg_bench *b;
	int n;
};

static bool
have_replies(void *arg)
{
	const struct replies_wanted *w = arg;

	return w->b->n_replies >= w->n;
}

bool
bench_wait(struct alg_bench *b, int n)
{
	struct replies_wanted w = { b, n };

	return loop_sim_run(b->l, BENCH_MS, have_replies, &w);
}

const struct ng_val *
bench_reply(struct alg_bench *b, int i)
{
	struct ng_msg m;

	if (i >= b->n_replies || ng_parse(&b->arena, span_str(b->replies[i]), &m))
		return NULL;
	return m.dict;
}

const struct ng_val *
bench_ask(struct alg_bench *b, const char *command, const char *call_id, const char *sdp, const char *more)
{
	int n = b->n_replies;

	CU_ASSERT_FATAL(n < BENCH_REPLIES_MAX);
	bench_request(b, NULL, command, call_id, sdp, more);
	CU_ASSERT(bench_wait(b, n + 1));
	return bench_reply(b, n);
}

bool
bench_has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

const char *
bench_str(struct alg_bench *b, const struct ng_val *dict, const char *key)
{
	struct span s = arena_span(&b->arena, ng_get_str(dict, key));

	return s.p ? s.p : "";
}

bool
bench_is_ok(const struct ng_val *reply)
{
	return span_eqs(ng_get_str(reply, "result"), "ok");
}

const char *
bench_error(struct alg_bench *b, const struct ng_val *reply)
{
	return bench_is_ok(reply) ? "" : bench_str(b, reply, "error-reason");
}

bool
bench_offer(struct alg_bench *b, const char *call_id)
{
	return bench_is_ok(bench_ask(b, "offer", call_id, BENCH_OFFER, BENCH_FROM_CORE));
}

bool
bench_answer(struct alg_bench *b, const char *call_id)
{
	return bench_is_ok(bench_ask(b, "answer", call_id, BENCH_ANSWER, BENCH_FROM_UE));
}

bool
bench_delete(struct alg_bench *b, const char *call_id)
{
	return bench_is_ok(bench_ask(b, "delete", call_id, NULL, NULL));
}
