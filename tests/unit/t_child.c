/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that the loop starts. On the real clock: a child does not run in simulated time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/child.h"
#include "tests/lib/tmain.h"

static struct loop *l;
static struct child *c;
static int calls, last_err, last_status;

static void
on_done(void *arg, int err, int status)
{
	CU_ASSERT_PTR_EQUAL(arg, &calls);
	calls++;
	last_err = err;
	last_status = status;
	child_free(c);
	loop_stop(l);
}

/* A script of this text, run once. */
static void
run(const char *text, char *const env[], unsigned timeout_ms)
{
	char path[] = "/tmp/t_child.XXXXXX";
	int fd = mkstemp(path), err = 0;
	FILE *f = fdopen(fd, "w");

	fprintf(f, "#!/bin/sh\n%s\n", text);
	fchmod(fd, 0700);
	fclose(f);
	calls = 0;
	c = child_new(l, path, env, timeout_ms, on_done, &calls, &err);
	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_EQUAL(calls, 0);
	if (c)
		loop_run(l);
	CU_ASSERT_EQUAL(calls, 1);
	unlink(path);
	CU_ASSERT(waitpid(-1, NULL, WNOHANG) < 0); /* nothing is left to wait for */
}

static void
the_exit_status_is_told(void)
{
	char *const env[] = { NULL };

	l = loop_new();
	run("exit 0", env, 60000);
	CU_ASSERT_EQUAL(last_err, 0);
	CU_ASSERT_EQUAL(last_status, 0);
	run("exit 7", env, 60000);
	CU_ASSERT_EQUAL(last_err, 0);
	CU_ASSERT_EQUAL(last_status, 7);
	loop_free(l);
}

static void
the_environment_is_what_was_given(void)
{
	char call[] = "IMS_CALL_ID=a b;c'd";
	char *const env[] = { call, NULL };

	setenv("T_CHILD_SECRET", "x", 1);
	l = loop_new();
	run("[ \"$IMS_CALL_ID\" = \"a b;c'd\" ] && [ -z \"$T_CHILD_SECRET\" ] && ! read line", env, 60000);
	CU_ASSERT_EQUAL(last_err, 0);
	CU_ASSERT_EQUAL(last_status, 0);
	loop_free(l);
}

static void
what_takes_too_long_is_killed_with_its_children(void)
{
	char *const env[] = { NULL };

	l = loop_new();
	run("/bin/sleep 1000 & wait", env, 100);
	CU_ASSERT_EQUAL(last_err, ERR_TIMEOUT);
	run("kill -9 $$", env, 60000);
	CU_ASSERT_EQUAL(last_err, ERR_IO);
	loop_free(l);
}

static void
a_child_is_not_left_behind(void)
{
	char *const env[] = { NULL };
	int err = 0;

	l = loop_new();
	c = child_new(l, "/nonexistent", env, 1000, on_done, &calls, &err);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(err, ERR_NOTFOUND);
	c = child_new(l, "/bin/cat", env, 1000, on_done, &calls, &err);
	CU_ASSERT_PTR_NOT_NULL(c);
	child_free(c);
	loop_free(l);
	CU_ASSERT(waitpid(-1, NULL, WNOHANG) < 0);
}

const char test_suite[] = "child";
const struct test_case test_cases[] = {
	TEST(the_exit_status_is_told),
	TEST(the_environment_is_what_was_given),
	TEST(what_takes_too_long_is_killed_with_its_children),
	TEST(a_child_is_not_left_behind),
	{ NULL, NULL },
};
