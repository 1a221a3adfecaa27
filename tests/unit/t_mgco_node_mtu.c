/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 node and the MTU: what is longer goes over TCP only. */
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/node_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_node_mtu";

enum { V4_MAX = 1500 - 28, SDP_FIRST = 1300 };

static char sdp[2000];
static size_t longest; /* of the messages that left */

static bool
measure(void *arg, struct span msg)
{
	(void)arg;
	longest = msg.len > longest ? msg.len : longest;
	return true;
}

/* What is sent next has an SDP of n octets, until it is 0 again. */
static void
set_sdp(size_t n)
{
	static struct mgco_stream stream = { .id = 1, .has_local = true };
	static struct mgco_media media = { .streams = &stream };

	memset(sdp, 'x', sizeof(sdp));
	stream.local = span_of(sdp, n);
	nb_cmd.kind = n ? MGCO_MODIFY : MGCO_SUBTRACT;
	nb_cmd.media = n ? &media : NULL;
}

static int
request_of(struct mgco_assoc *as, size_t n)
{
	int rc;

	set_sdp(n);
	rc = nb_request(as);
	set_sdp(0);
	nb_run(0);
	return rc;
}

/* As far as it goes over this association; the longest message is then in longest. */
static void
fill(struct mgco_assoc *as)
{
	size_t n = SDP_FIRST;

	longest = 0;
	mgco_node_set_tap(nb.node, measure, NULL);
	while (n < sizeof(sdp) && mgco_node_counters(nb.node)->requests_too_big == 0 && request_of(as, n) == 0)
		n++;
	CU_ASSERT_EQUAL(request_of(as, n), ERR_TOOBIG);
}

static void
no_packet_is_longer_than_the_mtu(void)
{
	struct mgco_node_conf conf = { .mtu = 1480 };
	struct nb_peer p;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1));
	fill(nb.last);
	CU_ASSERT_EQUAL(longest, V4_MAX);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->requests_too_big, 2);
	nb_peer_close(&p);
	nb_end();

	nb_begin(&conf);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1));
	fill(nb.last);
	CU_ASSERT_EQUAL(longest, V4_MAX - 20);
	nb_peer_close(&p);
	nb_end();
}

static void
ipv6_takes_twenty_octets_more(void)
{
	struct addr peer;
	struct mgco_assoc *as;

	nb_begin(NULL);
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str("[::1]:9"), &peer), 0);
	as = mgco_connect(nb.node, MGCO_UDP, &peer);
	nb_run(0);
	if (as) { /* else there is no IPv6 here */
		fill(as);
		CU_ASSERT_EQUAL(longest, V4_MAX - 20);
	}
	nb_end();
}

static void
a_reply_above_the_mtu_is_error_533_and_over_tcp_whole(void)
{
	const struct mgco_error *e;
	struct nb_peer p;
	struct mgco_msg msg;

	for (int tcp = 0; tcp < 2; tcp++) {
		nb_begin(NULL);
		p = tcp ? nb_tcp_peer() : nb_udp_peer();
		nb.answer = NB_HOLD;
		nb_send(&p, NB_REQUEST(1));
		CU_ASSERT_EQUAL_FATAL(nb.n_held, 1);
		set_sdp(1500);
		mgco_respond(nb.held[0], &nb_action, NULL);
		set_sdp(0);
		nb_run(0);
		CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
		CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns->actions);
		e = msg.txns->actions->cmds->error;
		CU_ASSERT_EQUAL(e ? e->code : 0, tcp ? 0 : 533);
		CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->replies_too_big, !tcp);
		nb_peer_close(&p);
		nb_end();
	}
}

static void
a_long_request_goes_over_the_connection_that_the_peer_has_too(void)
{
	struct nb_peer udp, other, tcp;
	struct mgco_assoc *as;
	struct mgco_msg msg;

	nb_begin(NULL);
	udp = nb_udp_peer();
	nb_send(&udp, NB_REQUEST(1));
	as = nb.last;
	other = nb_tcp_peer(); /* somebody else of that host */
	nb_send(&other, "MEGACO/2 [192.0.2.3]:2944 Transaction = 1" NB_BODY);
	CU_ASSERT_EQUAL(request_of(as, 1500), ERR_TOOBIG);
	tcp = nb_tcp_peer();
	nb_send(&tcp, NB_REQUEST(2));
	while (nb_take(&tcp, &msg) || nb_take(&udp, &msg) || nb_take(&other, &msg))
		;
	CU_ASSERT_EQUAL(request_of(as, 1500), 0);
	CU_ASSERT_TRUE_FATAL(nb_take(&tcp, &msg));
	CU_ASSERT(msg.txns->kind == MGCO_REQUEST && msg.txns->actions->cmds->media->streams->local.len >= 1500);
	CU_ASSERT_FALSE(nb_take(&udp, &msg) || nb_take(&other, &msg));
	CU_ASSERT_EQUAL(request_of(as, 100), 0); /* which is for a datagram, as before */
	CU_ASSERT_TRUE(nb_take(&udp, &msg));
	nb_peer_close(&tcp);
	nb_run(0);
	CU_ASSERT_EQUAL(request_of(as, 1500), ERR_TOOBIG);
	nb_peer_close(&udp);
	nb_peer_close(&other);
	nb_end();
}

static void
longer_datagrams_of_the_peer_are_read(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	char text[9000];

	nb_begin(NULL);
	p = nb_udp_peer();
	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, NB_PEER, strlen(NB_PEER));
	memcpy(text + sizeof(text) - 1 - strlen("Transaction = 1" NB_BODY), "Transaction = 1" NB_BODY,
	       strlen("Transaction = 1" NB_BODY));
	nb_send(&p, text);
	CU_ASSERT_EQUAL(nb.requests, 1);
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	nb_peer_close(&p);
	nb_end();
}

const struct test_case test_cases[] = {
	TEST(no_packet_is_longer_than_the_mtu),
	TEST(ipv6_takes_twenty_octets_more),
	TEST(a_reply_above_the_mtu_is_error_533_and_over_tcp_whole),
	TEST(a_long_request_goes_over_the_connection_that_the_peer_has_too),
	TEST(longer_datagrams_of_the_peer_are_read),
	{ NULL, NULL },
};
