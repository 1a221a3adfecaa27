/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/acceptor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

enum { CALLERS = ACCEPTOR_A_TURN + 4 };

static struct loop *loop;
static struct acceptor door;
static struct addr at;
static int callers[CALLERS], taken, hold_at, end_at;

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	CU_ASSERT_PTR_EQUAL(arg, &taken);
	CU_ASSERT(peer->family == ADDR_V4 && peer->port > 0);
	close(fd);
	taken++;
	if (taken == hold_at)
		acceptor_hold(&door, true);
	if (taken == end_at)
		acceptor_fini(&door);
}

static void
start(void)
{
	int fd;

	taken = hold_at = end_at = 0;
	loop = loop_new_sim(0);
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &at), 0);
	fd = sock_tcp_listen(&at, SOCK_BACKLOG);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(sock_local(fd, &at), 0);
	acceptor_init(&door, loop, fd, on_accept, &taken);
}

static void
dial(int n)
{
	for (int i = 0; i < n; i++) {
		callers[i] = sock_tcp_connect(NULL, &at);
		CU_ASSERT_FATAL(callers[i] >= 0);
	}
}

static void
finish(int n)
{
	for (int i = 0; i < n; i++)
		close(callers[i]);
	acceptor_fini(&door);
	loop_free(loop);
}

static bool
one_is_in(void *arg)
{
	(void)arg;
	return taken > 0;
}

static bool
all_are_in(void *arg)
{
	(void)arg;
	return taken == CALLERS;
}

static void
many_connections_are_shared_out_over_turns(void)
{
	start();
	dial(CALLERS);
	CU_ASSERT(loop_sim_run(loop, 1000, one_is_in, NULL));
	CU_ASSERT(taken <= ACCEPTOR_A_TURN);
	CU_ASSERT(loop_sim_run(loop, 1000, all_are_in, NULL));
	finish(CALLERS);
}

static void
while_it_is_held_nobody_comes_in(void)
{
	start();
	hold_at = 3;
	dial(CALLERS);
	loop_sim_run(loop, 1000, NULL, NULL);
	CU_ASSERT_EQUAL(taken, 3);
	acceptor_hold(&door, false);
	CU_ASSERT(loop_sim_run(loop, 1000, all_are_in, NULL));
	finish(CALLERS);
}

static void
it_may_end_while_it_hands_out(void)
{
	start();
	end_at = 2;
	dial(3);
	loop_sim_run(loop, 1000, NULL, NULL);
	CU_ASSERT_EQUAL(taken, 2);
	finish(3);
}

static void
without_descriptors_callers_wait_and_the_loop_rests(void)
{
	struct rlimit was, none;
	unsigned busy = 0;

	start();
	dial(1);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)fcntl(callers[0], F_DUPFD_CLOEXEC, 0); /* the next one */
	close((int)none.rlim_cur);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 10; i++)
		busy += loop_poll(loop);
	acceptor_hold(&door, false); /* does not end the pause */
	for (int i = 0; i < 10; i++)
		busy += loop_poll(loop);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	CU_ASSERT(busy <= 2);
	CU_ASSERT_EQUAL(taken, 0);
	loop_sim_run(loop, ACCEPTOR_PAUSE_MS, NULL, NULL);
	CU_ASSERT_EQUAL(taken, 1);
	finish(1);
}

const char test_suite[] = "acceptor";
const struct test_case test_cases[] = {
	TEST(many_connections_are_shared_out_over_turns),
	TEST(while_it_is_held_nobody_comes_in),
	TEST(it_may_end_while_it_hands_out),
	TEST(without_descriptors_callers_wait_and_the_loop_rests),
	{ 0 },
};
