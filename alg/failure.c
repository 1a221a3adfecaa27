/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/failure.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/list.h"
#include "proto/base/log.h"
#include "proto/io/child.h"
#include "proto/io/http_post.h"

/* One failure on its way. Its tries go through the targets in turn, then again after a pause. */
struct job {
	struct list node; /* in waiting or running; in neither during a pause, see paused */
	struct failures *f;
	slot_id user;
	char *call_id, *from_tag, *to_tag, *reason, *gateway;
	uint32_t line, ctx;
	unsigned tries;
	struct loop_timer pause;
	struct http_post *post;
	struct child *child;
};

struct failures {
	struct loop *loop;
	struct failure_conf conf;
	struct alg_stats *stats;
	struct failures_handler h;
	void *arg;
	struct list waiting, running, paused;
	uint32_t n, n_running, next_id;
	struct loop_timer kick; /* starts what waits, from the loop */
	struct log_limit limit;
};

static void pump(struct failures *f);

static void
job_stop(struct job *j)
{
	http_post_free(j->post);
	child_free(j->child);
	j->post = NULL;
	j->child = NULL;
}

static void
job_free(struct job *j)
{
	job_stop(j);
	loop_timer_stop(&j->pause);
	list_unlink(&j->node);
	j->f->n--;
	free(j->call_id);
	free(j->from_tag);
	free(j->to_tag);
	free(j->reason);
	free(j->gateway);
	free(j);
}

static const struct failure_target *
target_of(const struct job *j)
{
	return &j->f->conf.to[j->tries % j->f->conf.n];
}

/* ---- the end of a try ---- */

static void
finish(struct job *j, int err)
{
	struct failures *f = j->f;
	slot_id user = j->user;

	if (err)
		f->stats->failures_untold++;
	else
		f->stats->failures_told++;
	job_free(j);
	f->h.on_told(f->arg, user, err);
}

/* One target did not take it: the next one at once, the first one again after a pause. */
static void
try_next(struct job *j, int err, const char *why)
{
	struct failures *f = j->f;
	unsigned round = ++j->tries / f->conf.n;
	uint32_t skipped;

	if (log_limit_pass(&f->limit, loop_now_ms(f->loop), &skipped))
		log_notice("failure not taken call=%s try=%u why=\"%s\" skipped=%u", j->call_id, j->tries, why, skipped);
	if (round == ALG_TELL_ROUNDS) {
		finish(j, err);
		return;
	}
	list_unlink(&j->node);
	if (j->tries % f->conf.n) {
		list_append(&f->waiting, &j->node);
		return;
	}
	list_append(&f->paused, &j->node);
	loop_timer_set(&j->pause, (uint64_t)ALG_TELL_PAUSE_MS << (round - 1));
}

static void
end_try(struct job *j, int err, const char *why)
{
	struct failures *f = j->f;

	f->n_running--;
	job_stop(j);
	if (err)
		try_next(j, err, why);
	else
		finish(j, 0);
	pump(f);
}

static void
on_pause(struct loop_timer *t)
{
	struct job *j = t->arg;

	list_unlink(&j->node);
	list_append(&j->f->waiting, &j->node);
	pump(j->f);
}

static void
on_reply(void *arg, int err, const struct http_reply *r)
{
	char why[128] = "";
	struct out o;
	int rc = err;

	out_init(&o, why, sizeof(why) - 1);
	if (!rc && r->status == 200)
		rc = failure_parse_rpc(r->body, &o);
	else if (!rc)
		rc = ERR_REFUSED;
	if (rc && !o.len)
		snprintf(why, sizeof(why), "%s, HTTP status %u", err_str(rc), r ? r->status : 0);
	else
		why[o.len] = '\0';
	end_try(arg, rc, why);
}

static void
on_exit_of_child(void *arg, int err, int status)
{
	char why[64];

	if (err)
		snprintf(why, sizeof(why), "%s", err_str(err));
	else
		snprintf(why, sizeof(why), "exit status %d", status);
	end_try(arg, err ? err : status ? ERR_REFUSED : 0, why);
}

/* ---- a try ---- */

static struct failure
facts_of(const struct job *j)
{
	return (struct failure){ j->call_id, j->from_tag, j->to_tag, j->reason, j->gateway, j->line, j->ctx };
}

static int
start_rpc(struct job *j, const struct failure_target *t)
{
	const char *rpc = j->f->conf.rpc[0] ? j->f->conf.rpc : FAILURE_RPC_DEFAULT;
	const struct failure facts = facts_of(j);
	struct out body, request;

	out_init_heap(&body, ALG_RPC_BYTES_MAX);
	out_init_heap(&request, ALG_RPC_BYTES_MAX + 1024);
	failure_print_rpc(&body, rpc, &facts, ++j->f->next_id);
	http_print_post(&request, &t->addr, span_str(t->path), "application/json", out_get(&body));
	if (!body.err && !request.err)
		j->post = http_post_new(j->f->loop, &t->addr, out_get(&request), ALG_TELL_MS, on_reply, j);
	out_fini(&body);
	out_fini(&request);
	return j->post ? 0 : ERR_NOMEM;
}

/* What the program finds in its environment: beside these only PATH. */
static int
start_exec(struct job *j, const struct failure_target *t)
{
	enum { VARS = 8, VAR_MAX = ALG_TAG_MAX + 32 };
	char text[VARS][VAR_MAX], *env[VARS + 1];
	int err = 0;

	snprintf(text[0], VAR_MAX, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	snprintf(text[1], VAR_MAX, "IMS_CALL_ID=%s", j->call_id);
	snprintf(text[2], VAR_MAX, "IMS_FROM_TAG=%s", j->from_tag);
	snprintf(text[3], VAR_MAX, "IMS_TO_TAG=%s", j->to_tag);
	snprintf(text[4], VAR_MAX, "IMS_REASON=%s", j->reason);
	snprintf(text[5], VAR_MAX, "IMS_GATEWAY=%s", j->gateway);
	snprintf(text[6], VAR_MAX, "IMS_LINE=%u", j->line);
	snprintf(text[7], VAR_MAX, "IMS_CONTEXT=%u", j->ctx);
	for (int i = 0; i < VARS; i++)
		env[i] = text[i];
	env[VARS] = NULL;
	j->child = child_new(j->f->loop, t->path, env, ALG_TELL_MS, on_exit_of_child, j, &err);
	return j->child ? 0 : err;
}

static void
start(struct job *j)
{
	struct failures *f = j->f;
	const struct failure_target *t = target_of(j);
	int rc = 0;

	if (!f->h.is_wanted(f->arg, j->user)) {
		job_free(j);
		return;
	}
	list_unlink(&j->node);
	list_append(&f->running, &j->node);
	f->n_running++;
	switch (t->way) {
	case FAILURE_LOG: /* the call wrote its line already */
		end_try(j, 0, "");
		return;
	case FAILURE_RPC:
		rc = start_rpc(j, t);
		break;
	case FAILURE_EXEC:
		rc = start_exec(j, t);
		break;
	}
	if (rc)
		end_try(j, rc, err_str(rc));
}

static void
pump(struct failures *f)
{
	if (!list_is_empty(&f->waiting) && !loop_timer_is_set(&f->kick))
		loop_timer_set(&f->kick, 0);
}

/* At most as many as may run at a time, so that this ends also when every try ends at once. */
static void
on_kick(struct loop_timer *t)
{
	struct failures *f = t->arg;

	for (int i = 0; i < ALG_TELLS_RUNNING && f->n_running < ALG_TELLS_RUNNING && !list_is_empty(&f->waiting); i++)
		start(LIST_OF(f->waiting.next, struct job, node));
	if (f->n_running < ALG_TELLS_RUNNING)
		pump(f);
}

/* ---- the queue ---- */

struct failures *
failures_new(struct loop *l, const struct failure_conf *conf, struct alg_stats *stats, const struct failures_handler *h,
             void *arg)
{
	struct failures *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct failures){ .loop = l, .conf = *conf, .stats = stats, .h = *h, .arg = arg };
	list_init(&f->waiting);
	list_init(&f->running);
	list_init(&f->paused);
	loop_timer_init(&f->kick, l, on_kick, f);
	return f;
}

void
failures_free(struct failures *f)
{
	struct list *all[3];

	if (!f)
		return;
	loop_timer_stop(&f->kick);
	all[0] = &f->waiting;
	all[1] = &f->running;
	all[2] = &f->paused;
	for (int i = 0; i < 3; i++)
		while (!list_is_empty(all[i]))
			job_free(LIST_OF(all[i]->next, struct job, node));
	free(f);
}

int
failures_add(struct failures *f, const struct failure *what, slot_id user)
{
	struct job *j;

	if (!f->conf.n)
		return ERR_UNSUPPORTED;
	if (f->n == ALG_TELLS_MAX || !(j = calloc(1, sizeof(*j)))) {
		f->stats->failures_untold++;
		return ERR_LIMIT;
	}
	j->f = f;
	f->n++;
	list_init(&j->node);
	loop_timer_init(&j->pause, f->loop, on_pause, j);
	j->user = user;
	j->line = what->line;
	j->ctx = what->ctx;
	j->call_id = span_dup(span_str(what->call_id));
	j->from_tag = span_dup(span_str(what->from_tag));
	j->to_tag = span_dup(span_str(what->to_tag));
	j->reason = span_dup(span_str(what->reason));
	j->gateway = span_dup(span_str(what->gateway));
	if (!j->call_id || !j->from_tag || !j->to_tag || !j->reason || !j->gateway) {
		job_free(j);
		f->stats->failures_untold++;
		return ERR_NOMEM;
	}
	list_append(&f->waiting, &j->node);
	pump(f);
	return 0;
}
