/* SPDX-License-Identifier: BSD-2-Clause */
/* Without --gateway anybody may knock: strangers that register, or only connect, never keep a gateway out, nor put out one
 * that answers or has calls. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/codec/tpkt.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

enum { STRANGERS = 200, NAMES = 100, BATCH = 16 };

const char test_suite[] = "alg_strangers";

static struct alg_bench b;
static int knocking[STRANGERS];
static unsigned n_knocking;

/* A socket on a host of loopback, connected to the gateways' port. */
static int
open_stranger(enum mgco_proto proto, unsigned host)
{
	struct sockaddr_storage from, to;
	struct addr local;
	char text[32];
	socklen_t len;
	int fd;

	(void)snprintf(text, sizeof(text), "127.0.%u.%u", 1 + host / 200, 1 + host % 200);
	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(text), &local), 0);
	fd = socket(AF_INET, proto == MGCO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
	CU_ASSERT_FATAL(fd >= 0 && n_knocking < STRANGERS);
	knocking[n_knocking++] = fd;
	len = addr_to_sockaddr(&local, &from);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&from, len), 0);
	len = addr_to_sockaddr(&b.alg->h248[0], &to);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

static void
say_register(int fd, enum mgco_proto proto, unsigned name)
{
	char text[512];
	size_t head = proto == MGCO_TCP ? TPKT_HEADER : 0;
	int n = snprintf(text + head, sizeof(text) - head,
	                 "MEGACO/2 <stranger%u> Transaction = %u { Context = - { ServiceChange = ROOT { Services { "
	                 "Method = Restart, Reason = \"901 Cold Boot\", Version = 2 } } } }", name, 1 + name);

	if (head)
		CU_ASSERT_EQUAL(tpkt_header((size_t)n, (uint8_t *)text), 0);
	CU_ASSERT_EQUAL(send(fd, text, head + (size_t)n, MSG_NOSIGNAL), (ssize_t)head + n);
}

/* Runs until so many messages were heard in all. */
static void
hear(uint64_t messages)
{
	for (int i = 0; i < 2000 && agwset_counters(b.alg->agws)->messages_in < messages; i++)
		bench_run(&b, 1);
	CU_ASSERT_FATAL(agwset_counters(b.alg->agws)->messages_in >= messages);
}

/* n of them, all from one host or each from one of its own. Whoever registers does so under a name of its own, and never
 * answers anything. */
static void
knock_from(enum mgco_proto proto, unsigned n, bool registers, bool one_host)
{
	while (n) {
		unsigned batch = n < BATCH ? n : BATCH;
		uint64_t heard = agwset_counters(b.alg->agws)->messages_in;

		for (unsigned i = 0; i < batch; i++) {
			int fd = open_stranger(proto, one_host ? 0 : n_knocking);

			if (registers)
				say_register(fd, proto, n_knocking);
		}
		if (registers)
			hear(heard + batch);
		else
			bench_run(&b, 1);
		n -= batch;
	}
}

static void
knock(enum mgco_proto proto, unsigned n, bool registers)
{
	knock_from(proto, n, registers, false);
}

static void
begin(enum mgco_proto proto)
{
	n_knocking = 0;
	bench_init(&b);
	bench_start(&b, proto);
}

static void
end(void)
{
	for (unsigned i = 0; i < n_knocking; i++)
		close(knocking[i]);
	bench_stop(&b);
}

static unsigned
count_gateways(void)
{
	struct agw_view v;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (agwset_next(b.alg->agws, &cursor, &v))
		n++;
	return n;
}

static uint64_t
count_displaced(void)
{
	return agwset_counters(b.alg->agws)->displaced;
}

/* It is registered as far as ims-alg knows: else it would get 505. */
static bool
is_known(void)
{
	return fake_gw_send(&b, MGCO_CTX_NULL, MGCO_NOTIFY, "ROOT", "it/ito") == 0;
}

/* It gets in though all places are taken, and stays, though it has no calls. */
static void
check_that_a_gateway_gets_in(enum mgco_proto proto, bool strangers_register)
{
	begin(proto);
	knock(proto, 140, strangers_register);
	for (int i = 0; i < 2000 && count_displaced() < 140 - ALG_PEERS_MAX; i++)
		bench_run(&b, 1);
	CU_ASSERT_EQUAL(count_displaced(), 140 - ALG_PEERS_MAX);
	fake_gw_start(&b, proto);
	CU_ASSERT_EQUAL(b.gw.registered, 1);
	bench_run(&b, 50);
	knock(proto, 30, strangers_register);
	bench_run(&b, 5000);
	knock(proto, 30, strangers_register);
	CU_ASSERT(is_known());
	CU_ASSERT(count_gateways() <= ALG_AGW_MAX);
	end();
}

static void
a_gateway_gets_in_while_strangers_register(void)
{
	check_that_a_gateway_gets_in(MGCO_UDP, true);
	check_that_a_gateway_gets_in(MGCO_TCP, true);
}

static void
a_gateway_gets_in_while_strangers_only_connect(void)
{
	check_that_a_gateway_gets_in(MGCO_TCP, false);
}

static void
a_gateway_with_calls_stays(void)
{
	for (int i = 0; i < 2; i++) {
		enum mgco_proto proto = i ? MGCO_TCP : MGCO_UDP;

		begin(proto);
		fake_gw_start(&b, proto);
		CU_ASSERT_PTR_NOT_NULL(bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE));
		CU_ASSERT_EQUAL(b.gw.contexts, 1);
		knock(proto, STRANGERS, true);
		CU_ASSERT(count_displaced() > 0);
		CU_ASSERT(is_known());
		CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\""), "result"), "ok");
		CU_ASSERT_EQUAL(b.gw.contexts, 0);
		end();
	}
}

static void
one_address_has_few_places(void)
{
	begin(MGCO_UDP);
	knock_from(MGCO_UDP, 40, true, true);
	CU_ASSERT_EQUAL(count_displaced(), 40 - ALG_PEERS_PER_HOST);
	fake_gw_start(&b, MGCO_UDP);
	CU_ASSERT_EQUAL(count_displaced(), 40 - ALG_PEERS_PER_HOST); /* that is another address */
	end();
}

static void
addresses_that_are_named_have_any_number(void)
{
	n_knocking = 0;
	bench_init(&b);
	CU_ASSERT_EQUAL(agw_allow_add(&b.conf.agwset.allow, SPAN_LIT("127.0.0.0/8")), 0);
	bench_start(&b, MGCO_UDP);
	knock_from(MGCO_UDP, 40, true, true);
	CU_ASSERT_EQUAL(count_displaced(), 0);
	CU_ASSERT_EQUAL(count_gateways(), 40);
	end();
}

static void
one_association_under_many_names_fills_no_places(void)
{
	int fd;

	begin(MGCO_UDP);
	fd = open_stranger(MGCO_UDP, 0);
	for (unsigned i = 0; i < NAMES; i++) {
		say_register(fd, MGCO_UDP, i);
		if (i % BATCH == 0)
			bench_run(&b, 1);
	}
	hear(NAMES);
	CU_ASSERT_EQUAL(count_gateways(), ALG_AGW_MAX);
	CU_ASSERT_EQUAL(b.alg->stats.gateways_forgotten, NAMES - ALG_AGW_MAX);
	fake_gw_start(&b, MGCO_UDP);
	CU_ASSERT_EQUAL(b.gw.registered, 1);
	end();
}

const struct test_case test_cases[] = {
	TEST(a_gateway_gets_in_while_strangers_register),
	TEST(a_gateway_gets_in_while_strangers_only_connect),
	TEST(a_gateway_with_calls_stays),
	TEST(one_address_has_few_places),
	TEST(addresses_that_are_named_have_any_number),
	TEST(one_association_under_many_names_fills_no_places),
	{ NULL, NULL },
};
