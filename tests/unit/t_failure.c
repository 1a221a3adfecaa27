/* SPDX-License-Identifier: BSD-2-Clause */
/* --on-failure=exec: programs that are told, in turn. On the real clock: a child does not run in simulated time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alg/failure.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

enum { USER = 7, STUCK_MS = 60000 };

static struct loop *l;
static int told, last_err;

static void
on_told(void *arg, slot_id user, int err)
{
	(void)arg;
	CU_ASSERT_EQUAL(user, USER);
	told++;
	last_err = err;
	loop_stop(l);
}

static bool
is_wanted(void *arg, slot_id user)
{
	(void)arg;
	return user == USER;
}

static void
on_stuck(struct loop_timer *t)
{
	(void)t;
	CU_FAIL("nobody was told");
	loop_stop(l);
}

/* A target that is a script of this text; its file is the caller's to remove. */
static void
add_script(struct failure_conf *c, const char *text)
{
	struct failure_target *t = &c->to[c->n++];
	int fd;
	FILE *f;

	t->way = FAILURE_EXEC;
	snprintf(t->path, sizeof(t->path), "/tmp/t_failure.XXXXXX");
	fd = mkstemp(t->path);
	f = fdopen(fd, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	fchmod(fd, 0700);
	fclose(f);
}

static void
tell(const struct failure_conf *c)
{
	static const struct failures_handler handler = { on_told, is_wanted };
	const struct failure what = { "a $(b);'c", "from", "to", "fp-mismatch", "[192.0.2.1]:2944", 2, 34 };
	struct alg_stats stats = { 0 };
	struct loop_timer stuck;
	struct failures *f;

	told = 0;
	l = loop_new();
	f = failures_new(l, c, &stats, &handler, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	loop_timer_init(&stuck, l, on_stuck, NULL);
	loop_timer_set(&stuck, STUCK_MS);
	CU_ASSERT_EQUAL(failures_add(f, &what, USER), 0);
	loop_run(l);
	loop_timer_stop(&stuck);
	failures_free(f);
	loop_free(l);
	for (unsigned i = 0; i < c->n; i++)
		unlink(c->to[i].path);
}

static void
a_program_finds_the_call_in_its_environment(void)
{
	struct failure_conf c = { .n = 0 };

	add_script(&c, "[ \"$IMS_CALL_ID\" = \"a \\$(b);'c\" ] && [ $# = 0 ] && [ -n \"$PATH\" ] && "
	               "[ $IMS_FROM_TAG.$IMS_TO_TAG.$IMS_REASON.$IMS_LINE.$IMS_CONTEXT = from.to.fp-mismatch.2.34 ] && "
	               "[ $IMS_GATEWAY = '[192.0.2.1]:2944' ]");
	tell(&c);
	CU_ASSERT_EQUAL(told, 1);
	CU_ASSERT_EQUAL(last_err, 0);
}

static void
the_next_target_is_asked_when_a_program_does_not_take_it(void)
{
	struct failure_conf c = { .n = 1 };

	c.to[0] = (struct failure_target){ .way = FAILURE_EXEC, .path = "/nonexistent" };
	add_script(&c, "exit 3");
	add_script(&c, "exit 0");
	tell(&c);
	CU_ASSERT_EQUAL(told, 1);
	CU_ASSERT_EQUAL(last_err, 0);
}

const char test_suite[] = "failure";
const struct test_case test_cases[] = {
	TEST(a_program_finds_the_call_in_its_environment),
	TEST(the_next_target_is_asked_when_a_program_does_not_take_it),
	{ 0 },
};
