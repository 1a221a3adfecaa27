/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/daemon.h"

#include <cap-ng.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

struct conf {
	struct daemon_conf common;
	int own;
};

static const struct opt table[] = { DAEMON_OPTS("/run/x.sock"), { 0 } };

/* Parses the words of a line. */
static enum opts_result
parse(const char *line, struct conf *c)
{
	struct opts_desc d = { .prog = "p", .summary = "s", .table = table, .conf = c };
	char words[256], *argv[16], *save = NULL;
	int argc = 0;

	snprintf(words, sizeof(words), "p %s", line);
	for (char *w = strtok_r(words, " ", &save); w && argc < 16; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return opts_parse(&d, argc, argv);
}

static void
common_flags_fill_the_head_of_a_configuration(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	char line[200];
	struct conf c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pw);
	daemon_conf_init(&c.common, "/run/x.sock");
	CU_ASSERT_STRING_EQUAL(c.common.control, "/run/x.sock");
	snprintf(line, sizeof(line), "--control=none --log=syslog --log-level=debug --user=%s --check", pw->pw_name);
	CU_ASSERT_EQUAL(parse(line, &c), OPTS_RUN);
	CU_ASSERT_STRING_EQUAL(c.common.control, "");
	CU_ASSERT_STRING_EQUAL(c.common.user, pw->pw_name);
	CU_ASSERT_EQUAL(c.common.log, LOG_TO_SYSLOG);
	CU_ASSERT_EQUAL(c.common.log_level, LOG_LVL_DEBUG);
	CU_ASSERT(c.common.is_check);
	CU_ASSERT_EQUAL(c.common.metrics.family, ADDR_NONE);
	CU_ASSERT_EQUAL(parse("--metrics=[2001:db8::1]:9464", &c), OPTS_RUN);
	CU_ASSERT_EQUAL(c.common.metrics.family, ADDR_V6);
	CU_ASSERT_EQUAL(c.common.metrics.port, 9464);
	CU_ASSERT_EQUAL(parse("--metrics=127.0.0.1", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_EQUAL(parse("--metrics=localhost:9464", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_EQUAL(parse("--user=no-such-user-here", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_EQUAL(parse("--log-level=loud", &c), OPTS_EXIT_USAGE);
}

static void
term_stops_the_loop_and_pipe_does_not_kill(void)
{
	struct loop *l = loop_new();

	CU_ASSERT_EQUAL(daemon_stop_on_signals(l), 0);
	CU_ASSERT_EQUAL(raise(SIGPIPE), 0);
	CU_ASSERT_EQUAL(raise(SIGTERM), 0);
	loop_run(l);
	loop_free(l);
}

static void
descriptors_go_to_the_hard_limit(void)
{
	struct rlimit r;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &r), 0);
	CU_ASSERT_EQUAL(daemon_raise_nofile(), r.rlim_max);
}

/* What a child that dropped its privileges finds; exit code 0 when all is as it must be. */
static int
look_after_drop(bool keep)
{
	struct daemon_conf c;

	daemon_conf_init(&c, NULL);
	snprintf(c.user, sizeof(c.user), "nobody");
	if (daemon_drop_privileges(&c, keep) != 0)
		return 10;
	if (geteuid() == 0 || getegid() == 0 || getgroups(0, NULL) != 0)
		return 11;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 12;
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) != keep)
		return 13;
	if (capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW) || capng_have_capability(CAPNG_PERMITTED, CAP_SETUID))
		return 14;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN, 0, 0) != keep)
		return 15;
	return seteuid(0) == 0 ? 16 : 0;
}

static void
only_net_admin_survives_and_only_when_asked(void)
{
	for (int keep = 0; keep < 2; keep++) {
		pid_t child;
		int status = -1;

		if (geteuid() != 0 || !getpwnam("nobody"))
			return; /* nothing to drop */
		capng_get_caps_process();
		if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) ||
		    !capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
			return; /* a container's root */
		child = fork();
		if (child == 0)
			_exit(look_after_drop(keep));
		CU_ASSERT_FATAL(child > 0);
		CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
		CU_ASSERT_EQUAL(status, 0);
	}
}

static void
the_control_folder_is_made_once(void)
{
	char dir[] = "/tmp/t_daemon.XXXXXX", made[64];
	struct daemon_conf c;
	struct stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(made, sizeof(made), "%s/run", dir);
	daemon_conf_init(&c, NULL);
	CU_ASSERT_EQUAL(daemon_make_control_dir(&c), 0); /* no socket, no folder */
	snprintf(c.control, sizeof(c.control), "%s/sock", made);
	CU_ASSERT_EQUAL(daemon_make_control_dir(&c), 0);
	CU_ASSERT_EQUAL(stat(made, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0027, 0);
	CU_ASSERT_EQUAL(daemon_make_control_dir(&c), 0);
	rmdir(made);
	rmdir(dir);
	CU_ASSERT_EQUAL(daemon_make_control_dir(&c), ERR_NOTFOUND);
}

const char test_suite[] = "daemon";
const struct test_case test_cases[] = {
	TEST(common_flags_fill_the_head_of_a_configuration),
	TEST(term_stops_the_loop_and_pipe_does_not_kill),
	TEST(descriptors_go_to_the_hard_limit),
	TEST(only_net_admin_survives_and_only_when_asked),
	TEST(the_control_folder_is_made_once),
	{ 0 },
};
