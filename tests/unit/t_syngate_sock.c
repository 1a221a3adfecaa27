/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket gate against the real kernel, over loopback. */
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/gate.h"
#include "tests/lib/lo_tcp.h"
#include "tests/lib/tmain.h"

static struct syngate *gate;

static struct gate_rule
rule_of(enum gate_mode mode, const struct addr *remote)
{
	struct gate_rule r = { .mode = mode };

	if (remote)
		r.remote = *remote;
	return r;
}

/* A listener under rule, armed before it listens. */
static int
gated_listener(enum addr_family family, const struct gate_rule *rule, struct addr *at)
{
	struct addr ip = lo_addr(family, 1);
	int fd = lo_bound(&ip, at);

	if (fd < 0)
		return -1;
	CU_ASSERT_EQUAL_FATAL(syngate_arm_socket(gate, fd, rule), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 16), 0);
	return fd;
}

/* TS 23.334 6.2.10.3.1.2.1 steps 10 and 10'. */
static void
check_early_syn(enum addr_family family)
{
	struct gate_rule ignore = rule_of(GATE_IGNORE, NULL), only_us;
	struct addr at, us = lo_addr(family, 1);
	int listener = gated_listener(family, &ignore, &at), fd;
	uint64_t begin = lo_now_ms();

	if (listener < 0)
		return; /* no IPv6 here */
	fd = lo_client(family, 1, &at);
	CU_ASSERT_FALSE(lo_is_answered(fd)); /* neither SYN-ACK nor RST */
	only_us = rule_of(GATE_FILTER_ADDR, &us);
	CU_ASSERT_EQUAL(syngate_arm_socket(gate, listener, &only_us), 0);
	CU_ASSERT(lo_is_connected(fd));
	CU_ASSERT(lo_now_ms() - begin >= 900); /* by the retransmission, hence the first SYN was lost */
	close(fd);
	close(listener);
}

static void
an_ignored_syn_vanishes_and_its_repetition_is_answered_after_arming(void)
{
	check_early_syn(ADDR_V4);
}

static void
the_same_over_ipv6(void)
{
	check_early_syn(ADDR_V6);
}

static void
an_address_filter_lets_only_that_address_in(void)
{
	struct addr at, two = lo_addr(ADDR_V4, 2);
	struct gate_rule rule = rule_of(GATE_FILTER_ADDR, &two);
	int listener = gated_listener(ADDR_V4, &rule, &at);
	int stranger, friend;

	CU_ASSERT_FATAL(listener >= 0);
	stranger = lo_client(ADDR_V4, 3, &at);
	friend = lo_client(ADDR_V4, 2, &at);
	CU_ASSERT(lo_is_connected(friend));
	CU_ASSERT_FALSE(lo_is_answered(stranger));
	close(stranger);
	close(friend);
	close(listener);
}

static void
check_port_filter(enum addr_family family)
{
	struct addr at, ip = lo_addr(family, 1), friend_at, stranger_at;
	int friend = lo_bound(&ip, &friend_at), stranger = lo_bound(&ip, &stranger_at), listener;
	struct gate_rule rule;

	if (friend < 0)
		return; /* no IPv6 here */
	rule = rule_of(GATE_FILTER_ADDR_PORT, &friend_at);
	listener = gated_listener(family, &rule, &at);
	CU_ASSERT_FATAL(listener >= 0);
	lo_connect(stranger, &at);
	lo_connect(friend, &at);
	CU_ASSERT(lo_is_connected(friend));
	CU_ASSERT_FALSE(lo_is_answered(stranger));
	close(stranger);
	close(friend);
	close(listener);
}

static void
a_port_filter_compares_the_port_too(void)
{
	check_port_filter(ADDR_V4);
	check_port_filter(ADDR_V6);
}

static void
a_filter_of_the_other_family_or_without_remote_drops(void)
{
	struct addr at, v6 = lo_addr(ADDR_V6, 1);
	struct gate_rule rules[] = { rule_of(GATE_FILTER_ADDR, &v6), rule_of(GATE_FILTER_ADDR, NULL),
		                     rule_of(GATE_FILTER_ADDR_PORT, NULL), rule_of(GATE_LATCH, &v6) };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int listener = gated_listener(ADDR_V4, &rules[i], &at), fd;

		CU_ASSERT_FATAL(listener >= 0);
		fd = lo_client(ADDR_V4, 1, &at);
		CU_ASSERT_FALSE(lo_is_answered(fd));
		close(fd);
		close(listener);
	}
}

/* Does the kernel answer under the rule, or not, as wanted? off: where the rule's range of three ports begins, seen from
 * the client's port; 0: not by ports. */
static bool
lets_in(enum addr_family family, uint8_t last, const struct gate_rule *rule, int off, bool want)
{
	struct addr at, ip = lo_addr(family, last);
	struct gate_rule r = *rule;
	int listener, fd = lo_bound(&ip, &ip);
	bool is_in;

	if (off) {
		r.remote.port = (uint16_t)(ip.port + off);
		r.port_hi = (uint16_t)(r.remote.port + 2);
	}
	listener = gated_listener(family, &r, &at);
	CU_ASSERT_FATAL(fd >= 0 && listener >= 0);
	lo_connect(fd, &at);
	is_in = want ? lo_gets_answer(fd) : lo_is_answered(fd);
	close(fd);
	close(listener);
	return is_in == want;
}

static void
a_filter_may_be_a_network_and_a_range_of_ports(void)
{
	struct addr v4 = lo_addr(ADDR_V4, 4), v6 = lo_addr(ADDR_V6, 1);
	struct gate_rule net = rule_of(GATE_FILTER_ADDR, &v4), net6 = rule_of(GATE_FILTER_ADDR, &v6);
	struct gate_rule both = rule_of(GATE_FILTER_ADDR_PORT, &v4), ports = rule_of(GATE_FILTER_PORT, NULL);

	net.host_bits = both.host_bits = 2;
	CU_ASSERT(lets_in(ADDR_V4, 7, &net, 0, true));
	CU_ASSERT(lets_in(ADDR_V4, 8, &net, 0, false));
	CU_ASSERT(lets_in(ADDR_V4, 5, &both, -1, true));
	CU_ASSERT(lets_in(ADDR_V4, 5, &both, -2, true));
	CU_ASSERT(lets_in(ADDR_V4, 5, &both, 1, false));
	CU_ASSERT(lets_in(ADDR_V4, 8, &both, -1, false));
	CU_ASSERT(lets_in(ADDR_V4, 8, &ports, -1, true));
	CU_ASSERT(lets_in(ADDR_V4, 8, &ports, -3, false));
	net6.remote.ip[14] = 9; /* ::901 */
	net6.host_bits = 11;
	CU_ASSERT(lets_in(ADDR_V6, 1, &net6, 0, false));
	net6.remote.ip[3] = 1;
	net6.host_bits = 96;
	CU_ASSERT(lets_in(ADDR_V6, 1, &net6, 0, false));
	net6.host_bits = 97;
	CU_ASSERT(lets_in(ADDR_V6, 1, &net6, 0, true));
}

static void
latch_and_open_let_everybody_in(void)
{
	struct addr at;
	struct gate_rule rule = rule_of(GATE_LATCH, NULL), open_rule = rule_of(GATE_OPEN, NULL);
	struct gate_rule ignore = rule_of(GATE_IGNORE, NULL);
	int listener = gated_listener(ADDR_V4, &rule, &at);
	int one, two, three;

	CU_ASSERT_FATAL(listener >= 0);
	one = lo_client(ADDR_V4, 5, &at);
	CU_ASSERT(lo_is_connected(one));
	CU_ASSERT_EQUAL(syngate_arm_socket(gate, listener, &ignore), 0);
	three = lo_client(ADDR_V4, 5, &at);
	CU_ASSERT_FALSE(lo_is_answered(three));
	CU_ASSERT_EQUAL(syngate_arm_socket(gate, listener, &open_rule), 0);
	two = lo_client(ADDR_V4, 6, &at);
	CU_ASSERT(lo_is_connected(two));
	close(one);
	close(two);
	close(three);
	close(listener);
}

/* The accepted socket inherits the filter, which would deafen it as soon as it was refused to others. */
static void
an_accepted_socket_is_deaf_until_disarmed(void)
{
	struct addr at, ip = lo_addr(ADDR_V4, 1), friend_at;
	int friend = lo_bound(&ip, &friend_at), listener, child;
	struct gate_rule rule = rule_of(GATE_FILTER_ADDR_PORT, &friend_at), ignore = rule_of(GATE_IGNORE, NULL);
	struct pollfd p = { .events = POLLIN };
	char byte = 0;

	listener = gated_listener(ADDR_V4, &rule, &at);
	CU_ASSERT_FATAL(friend >= 0 && listener >= 0);
	lo_connect(friend, &at);
	CU_ASSERT(lo_is_connected(friend));
	child = accept(listener, NULL, NULL);
	CU_ASSERT_FATAL(child >= 0);
	CU_ASSERT_EQUAL(syngate_arm_socket(gate, child, &ignore), 0);
	CU_ASSERT_EQUAL(send(friend, "x", 1, 0), 1);
	p.fd = child;
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
	syngate_disarm_socket(child);
	syngate_disarm_socket(child);
	CU_ASSERT_EQUAL(poll(&p, 1, LO_PATIENCE_MS), 1); /* the retransmission */
	CU_ASSERT(recv(child, &byte, 1, 0) == 1 && byte == 'x');
	close(child);
	close(friend);
	close(listener);
}

static void
the_gate_can_be_off(void)
{
	struct syngate_conf conf = { .kind = SYNGATE_OFF };
	struct gate_table *t = gate_table_new();
	struct syngate *off = syngate_new(&conf, t);
	struct gate_rule ignore = rule_of(GATE_IGNORE, NULL);
	struct gate_counters c = { .syns = 1 };
	struct addr at;
	int listener, fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(off);
	CU_ASSERT_STRING_EQUAL(syngate_kind_name(off), "off");
	CU_ASSERT_STRING_EQUAL(syngate_kind_name(gate), "socket");
	listener = gated_listener(ADDR_V4, &ignore, &at);
	CU_ASSERT_FATAL(listener >= 0);
	syngate_disarm_socket(listener);
	CU_ASSERT_EQUAL(syngate_arm_socket(off, listener, &ignore), 0);
	fd = lo_client(ADDR_V4, 1, &at);
	CU_ASSERT(lo_is_connected(fd));
	syngate_read_counters(off, &c);
	CU_ASSERT_EQUAL(c.syns, 0);
	close(fd);
	close(listener);
	syngate_free(off);
	syngate_free(NULL);
	gate_table_free(t);
}

/* Newer kernels ask for CAP_NET_ADMIN before they filter TCP. */
static bool
is_permitted(void)
{
	struct sock_filter pass = { .code = BPF_RET | BPF_K, .k = UINT32_MAX };
	struct sock_fprog prog = { .len = 1, .filter = &pass };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0 || errno != EPERM;

	close(fd);
	return ok;
}

static void
the_gate_opens(void)
{
	struct syngate_conf conf = { .kind = SYNGATE_SOCKET };

	if (!is_permitted()) {
		puts("SKIP: this kernel wants CAP_NET_ADMIN for filters on TCP sockets");
		exit(77);
	}
	gate = syngate_new(&conf, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gate);
}

static void
the_gate_closes(void)
{
	syngate_free(gate);
}

const char test_suite[] = "syngate_sock";
const struct test_case test_cases[] = {
	TEST(the_gate_opens),
	TEST(an_ignored_syn_vanishes_and_its_repetition_is_answered_after_arming),
	TEST(the_same_over_ipv6),
	TEST(an_address_filter_lets_only_that_address_in),
	TEST(a_port_filter_compares_the_port_too),
	TEST(a_filter_of_the_other_family_or_without_remote_drops),
	TEST(a_filter_may_be_a_network_and_a_range_of_ports),
	TEST(latch_and_open_let_everybody_in),
	TEST(an_accepted_socket_is_deaf_until_disarmed),
	TEST(the_gate_can_be_off),
	TEST(the_gate_closes),
	{ 0 },
};
