/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_notify.h"

#include "proto/base/log.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mg_notify";

static unsigned n_lines;

static void
count_line(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
	n_lines++;
}

/* Whoever may connect may fail as often as it likes. */
static void
failures_of_a_peer_cannot_fill_the_log(void)
{
	struct loop *l = loop_new_sim(1000);
	struct mg_notify n = { .loop = l };
	struct ctx c = { .id = 1 };
	struct term t = { .ctx = &c, .name = "ip/1/access/1" };
	struct term_stream s = { .id = 1, .failure = { .reason = REASON_TLS_FAILED, .is_told = true } };
	const struct event e = { .kind = EVENT_FAILED, .reason = REASON_TLS_FAILED };

	log_open_fn(count_line, NULL, LOG_LVL_NOTICE);
	for (int i = 0; i < 100; i++)
		mg_notify_on_event(&n, &t, &s, &e);
	CU_ASSERT(n_lines > 0);
	CU_ASSERT(n_lines <= LOG_BURST);
	loop_free(l);
}

const struct test_case test_cases[] = {
	TEST(failures_of_a_peer_cannot_fill_the_log),
	{ NULL, NULL },
};
