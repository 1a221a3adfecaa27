/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/front_ng.h"

#include <stdlib.h>

#include "alg/explain.h"
#include "alg/ng_cache.h"
#include "proto/base/bounds.h"
#include "proto/base/log.h"

struct front_ng {
	struct loop *loop;
	struct front_ng_conf conf;
	struct calls *calls;
	struct alg_stats *stats;
	struct ng_cache *cache;
	struct ng_link *links[ALG_LISTEN_MAX];
	uint32_t n_links;
	struct log_limit limit, refused_log, oversized_log;
};

/* ---- replies ---- */

static void
send_reply(struct front_ng *f, struct ng_running *run, const struct ng_val *dict)
{
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;
	struct out o;

	out_init_heap(&o, NG_MESSAGE_MAX);
	ng_print(&o, run->cookie, run->encoding, dict);
	if (o.err) {
		static const char oversized[] = "overload: the reply does not fit into a datagram";
		struct ng_val reason = { .kind = NG_STRING, .key = SPAN_LIT("error-reason"),
			                 .str = { oversized, sizeof(oversized) - 1 } };
		struct ng_val result = { .kind = NG_STRING, .key = SPAN_LIT("result"), .str = SPAN_LIT("error"),
			                 .next = &reason };
		struct ng_val error = { .kind = NG_DICT, .first = &result, .last = &reason };

		f->stats->ng_oversized++;
		if (log_limit_pass(&f->oversized_log, loop_now_ms(f->loop), &skipped))
			log_warning("ng reply does not fit into a datagram peer=%s skipped=%u",
			            addr_text(&run->from.peer, text), skipped);
		out_reset(&o);
		ng_print(&o, run->cookie, run->encoding, &error);
	}
	if (!o.err)
		ng_link_send(&run->from, out_get(&o));
	ng_cache_finish(f->cache, run, out_get(&o));
	out_fini(&o);
}

static void
send_error(struct front_ng *f, struct ng_running *run, const char *why)
{
	struct ng_val *dict;
	struct arena a;

	f->stats->ng_errors++;
	arena_init(&a, NG_ARENA_MAX);
	dict = ng_new_dict(&a);
	ng_add_str(&a, dict, "result", SPAN_LIT("error"));
	ng_add_str(&a, dict, "error-reason", span_str(why));
	send_reply(f, run, dict);
	arena_fini(&a);
}

void
front_ng_on_done(void *arg, slot_id waiter, const struct alg_result *r)
{
	struct front_ng *f = arg;
	struct ng_running *run = ng_cache_find(f->cache, waiter);
	struct ng_val *dict;
	struct arena a;

	if (!run)
		return;
	if (r->error) {
		send_error(f, run, r->error);
		return;
	}
	arena_init(&a, NG_ARENA_MAX);
	dict = ng_new_dict(&a);
	ng_add_str(&a, dict, "result", SPAN_LIT("ok"));
	if (r->sdp.p)
		ng_add_str(&a, dict, "sdp", r->sdp);
	if (r->warning)
		ng_add_str(&a, dict, "warning", span_str(r->warning));
	if (r->call)
		ng_report_call(&a, dict, r->call);
	send_reply(f, run, dict);
	arena_fini(&a);
}

/* ---- commands ---- */

struct request {
	struct ng_running *run;
	struct arena *arena;
	struct ng_val *dict, *reply;
	struct alg_request req;
};

static void
do_ping(struct front_ng *f, struct request *r)
{
	ng_add_str(r->arena, r->reply, "result", SPAN_LIT("pong"));
	send_reply(f, r->run, r->reply);
}

static void
do_offer(struct front_ng *f, struct request *r)
{
	calls_offer(f->calls, &r->req, r->run->id);
}

static void
do_answer(struct front_ng *f, struct request *r)
{
	calls_answer(f->calls, &r->req, r->run->id);
}

static void
do_delete(struct front_ng *f, struct request *r)
{
	calls_delete(f->calls, &r->req, r->run->id);
}

static void
do_query(struct front_ng *f, struct request *r)
{
	const struct call *c = calls_find(f->calls, &r->req);

	if (!c) {
		send_error(f, r->run, "Unknown call-id");
		return;
	}
	ng_add_str(r->arena, r->reply, "result", SPAN_LIT("ok"));
	ng_report_call(r->arena, r->reply, c);
	send_reply(f, r->run, r->reply);
}

static void
do_explain(struct front_ng *f, struct request *r)
{
	struct span why = SPAN_NULL;
	struct ng_val *reply = r->reply;

	ng_add_str(r->arena, reply, "result", SPAN_LIT("ok"));
	if (explain(r->arena, calls_get_conf(f->calls), &r->req, ng_get_str(r->dict, "answer"), reply, &why))
		send_error(f, r->run, arena_span(r->arena, why).p ? arena_span(r->arena, why).p : "overload: out of memory");
	else
		send_reply(f, r->run, reply);
}

static void
do_list(struct front_ng *f, struct request *r)
{
	const struct ng_val *v = ng_get(r->dict, "limit");
	uint32_t n;
	int64_t limit = NG_LIST_DEFAULT;

	if (v && v->kind == NG_INT)
		limit = v->num;
	else if (v && v->kind == NG_STRING && span_u32(v->str, UINT32_MAX, &n) == 0)
		limit = n;
	ng_add_str(r->arena, r->reply, "result", SPAN_LIT("ok"));
	ng_report_list(r->arena, r->reply, f->calls, limit);
	send_reply(f, r->run, r->reply);
}

static void
do_statistics(struct front_ng *f, struct request *r)
{
	ng_add_str(r->arena, r->reply, "result", SPAN_LIT("ok"));
	ng_report_statistics(r->arena, r->reply, f->calls, f->stats);
	send_reply(f, r->run, r->reply);
}

enum { NEEDS_CALL_ID = 1, NEEDS_FROM_TAG = 2, NEEDS_TO_TAG = 4, NEEDS_SDP = 8 };

static const struct command {
	const char *name;
	unsigned needs;
	void (*run)(struct front_ng *f, struct request *r);
} commands[] = {
	{ "ping", 0, do_ping },
	{ "offer", NEEDS_CALL_ID | NEEDS_FROM_TAG | NEEDS_SDP, do_offer },
	{ "answer", NEEDS_CALL_ID | NEEDS_FROM_TAG | NEEDS_TO_TAG | NEEDS_SDP, do_answer },
	{ "delete", NEEDS_CALL_ID, do_delete },
	{ "query", NEEDS_CALL_ID, do_query },
	{ "explain", NEEDS_SDP, do_explain },
	{ "list", 0, do_list },
	{ "statistics", 0, do_statistics },
};

/* What is missing, in the words of rtpengine; NULL when nothing is. */
static const char *
missing(unsigned needs, const struct alg_request *req)
{
	if ((needs & NEEDS_SDP) && !req->sdp.len)
		return "No SDP body in message";
	if ((needs & NEEDS_CALL_ID) && !req->call_id.len)
		return "No call-id in message";
	if ((needs & NEEDS_FROM_TAG) && !req->from_tag.len)
		return "No from-tag in message";
	if ((needs & NEEDS_TO_TAG) && !req->to_tag.len)
		return "No to-tag in message";
	return NULL;
}

static const struct command *
find_command(struct span name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_eqs(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* A request that cannot be read, or lacks something. */
static void
refuse(struct front_ng *f, struct ng_running *run, const struct command *c, const char *why)
{
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (c && c->run == do_offer)
		f->stats->offers_failed[CAUSE_BAD_REQUEST]++;
	else if (c && c->run == do_answer)
		f->stats->answers_failed[CAUSE_BAD_REQUEST]++;
	if (log_limit_pass(&f->refused_log, loop_now_ms(f->loop), &skipped))
		log_notice("ng request refused peer=%s command=%s why=\"%s\" skipped=%u", addr_text(&run->from.peer, text),
		           c ? c->name : "-", why, skipped);
	send_error(f, run, why);
}

static void
execute(struct front_ng *f, struct ng_running *run, struct arena *a, struct ng_val *dict)
{
	struct request r = { .run = run, .arena = a, .dict = dict, .reply = ng_new_dict(a) };
	struct span name = ng_get_str(dict, "command");
	const struct command *c = find_command(name);
	const char *why = NULL;

	f->stats->ng_requests++;
	if (!name.len)
		why = "Dictionary contains no key \"command\"";
	else if (!c)
		why = "Unrecognized command";
	else if (!ng_read_request(a, dict, &f->conf, &r.req, &why))
		why = missing(c->needs, &r.req);
	if (why)
		refuse(f, run, c, why);
	else
		c->run(f, &r);
}

/* ---- messages ---- */

static void
drop(struct front_ng *f, const struct ng_dest *from, const char *why)
{
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	f->stats->ng_dropped++;
	if (log_limit_pass(&f->limit, loop_now_ms(f->loop), &skipped))
		log_notice("ng message dropped peer=%s why=\"%s\" skipped=%u", addr_text(&from->peer, text), why, skipped);
}

static void
on_message(void *arg, const struct ng_dest *from, struct span msg)
{
	struct front_ng *f = arg;
	struct ng_running *run = NULL;
	struct span reply = SPAN_NULL;
	struct ng_msg m = { 0 };
	struct arena a;
	int rc;

	arena_init(&a, NG_ARENA_MAX);
	rc = ng_parse(&a, msg, &m);
	if (!m.cookie.len) {
		drop(f, from, "no cookie");
		arena_fini(&a);
		return;
	}
	switch (ng_cache_begin(f->cache, from, msg, &m, &run, &reply)) {
	case NG_FIRST:
		if (rc) {
			f->stats->ng_malformed++;
			refuse(f, run, NULL, "Invalid NG data format");
		} else {
			execute(f, run, &a, m.dict);
		}
		break;
	case NG_REPEATED:
		f->stats->ng_duplicates++;
		break;
	case NG_ANSWERED:
		f->stats->ng_duplicates++;
		ng_link_send(from, reply);
		break;
	case NG_REFUSED:
		drop(f, from, "too many requests at a time");
		break;
	}
	arena_fini(&a);
}

static void
on_garbage(void *arg, const struct ng_dest *from)
{
	struct front_ng *f = arg;

	f->stats->ng_malformed++;
	drop(f, from, "not an NG stream");
}

static void
on_refused(void *arg, const struct addr *peer, const char *why)
{
	struct front_ng *f = arg;
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	f->stats->ng_tcp_refused++;
	if (log_limit_pass(&f->limit, loop_now_ms(f->loop), &skipped))
		log_notice("ng connection closed peer=%s why=\"%s\" skipped=%u", addr_text(peer, text), why, skipped);
}

struct front_ng *
front_ng_new(struct loop *l, const struct front_ng_conf *conf, struct alg_stats *stats)
{
	struct front_ng *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->loop = l;
	f->conf = *conf;
	f->stats = stats;
	if (!(f->cache = ng_cache_new(l))) {
		free(f);
		return NULL;
	}
	return f;
}

void
front_ng_set_calls(struct front_ng *f, struct calls *calls)
{
	f->calls = calls;
}

int
front_ng_listen(struct front_ng *f, bool tcp, const struct addr *local, struct addr *bound)
{
	struct ng_link_handler h = { on_message, on_garbage, on_refused, f };
	struct ng_link *link;
	int err = 0;

	if (f->n_links == ALG_LISTEN_MAX)
		return ERR_LIMIT;
	link = tcp ? ng_tcp_new(f->loop, local, &h, bound, &err) : ng_udp_new(f->loop, local, &h, bound, &err);
	if (!link)
		return err;
	f->links[f->n_links++] = link;
	return 0;
}

void
front_ng_free(struct front_ng *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; i < f->n_links; i++)
		ng_link_free(f->links[i]);
	ng_cache_free(f->cache);
	free(f);
}
