/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 node over UDP: sources, time-outs, room for strangers. */
#include <stdio.h>

#include "proto/base/err.h"
#include "tests/lib/node_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_node_udp";

static void
reply_goes_to_the_source_of_the_request(void)
{
	struct nb_peer a, c;
	struct mgco_msg msg;

	nb_begin(NULL);
	nb.answer = NB_HOLD;
	a = nb_udp_peer();
	c = nb_udp_peer();
	nb_send(&a, NB_REQUEST(7)); /* the same id from two sources: two requests */
	nb_send(&c, NB_REQUEST(7));
	CU_ASSERT_EQUAL(nb.requests, 2);
	CU_ASSERT_NOT_EQUAL(nb.held[0]->assoc, nb.held[1]->assoc);
	mgco_respond(nb.held[1], &nb_action, NULL);
	nb_run(0);
	CU_ASSERT_FALSE(nb_take(&a, &msg));
	CU_ASSERT_TRUE(nb_take(&c, &msg));
	mgco_respond(nb.held[0], &nb_action, NULL);
	nb_run(0);
	CU_ASSERT_TRUE(nb_take(&a, &msg));
	nb_peer_close(&a);
	nb_peer_close(&c);
	nb_end();
}

static void
configured_peer_is_up_after_connect_has_returned_and_again_after_a_time_out(void)
{
	struct nb_peer p;
	struct addr where;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct mgco_assoc *as;
	struct mgco_msg msg;

	nb_begin(NULL);
	p = nb_udp_peer();
	getsockname(p.fd, (struct sockaddr *)&ss, &len);
	addr_from_sockaddr((struct sockaddr *)&ss, &where);
	as = mgco_connect(nb.node, MGCO_UDP, &where);
	CU_ASSERT_PTR_NOT_NULL_FATAL(as);
	CU_ASSERT_EQUAL(nb.ups, 0);
	nb_run(0);
	CU_ASSERT_EQUAL(nb.ups, 1);
	CU_ASSERT_PTR_EQUAL(nb.last, as);
	CU_ASSERT_PTR_EQUAL(mgco_connect(nb.node, MGCO_UDP, &where), as);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(25000);
	CU_ASSERT_EQUAL(nb.reply_err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_EQUAL(nb_request(as), ERR_CLOSED);
	nb_run(1000);
	CU_ASSERT_EQUAL(nb.ups, 2);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(25000);
	CU_ASSERT_EQUAL(nb.downs, 2);
	nb_send(&p, NB_REQUEST(1)); /* it lives: no need to wait */
	CU_ASSERT_EQUAL(nb.ups, 3);
	CU_ASSERT_PTR_EQUAL(nb.last, as);
	while (nb_take(&p, &msg))
		;
	nb_peer_close(&p);
	nb_end();
}

static void
reply_reaches_the_caller_from_the_peers_address_only(void)
{
	struct nb_peer p, stranger;
	struct addr where;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct mgco_assoc *as;
	struct mgco_msg msg;
	char text[256];

	nb_begin(NULL);
	p = nb_udp_peer();
	stranger = nb_udp_peer();
	getsockname(p.fd, (struct sockaddr *)&ss, &len);
	addr_from_sockaddr((struct sockaddr *)&ss, &where);
	as = mgco_connect(nb.node, MGCO_UDP, &where);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(0);
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	snprintf(text, sizeof(text), NB_PEER "Reply = %u" NB_BODY, msg.txns->id);
	nb_send(&stranger, text);
	CU_ASSERT_EQUAL(nb.replies, 0);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->dropped, 1);
	nb_send(&p, text);
	CU_ASSERT_EQUAL(nb.replies, 1);
	CU_ASSERT_EQUAL(nb.reply_err, 0);
	nb_peer_close(&stranger);
	nb_peer_close(&p);
	nb_end();
}

static void
strangers_make_room_only_when_their_ids_may_be_forgotten(void)
{
	struct mgco_node_conf conf = { .max_assocs = 2 };
	struct nb_peer p[3];
	struct mgco_assoc *kept;

	nb_begin(&conf);
	for (unsigned i = 0; i < 3; i++)
		p[i] = nb_udp_peer();
	nb_send(&p[0], NB_REQUEST(1));
	kept = nb.last;
	mgco_assoc_set_user(kept, &nb);
	CU_ASSERT_PTR_EQUAL(mgco_assoc_user(kept), &nb);
	nb_send(&p[1], NB_REQUEST(1));
	nb_send(&p[2], NB_REQUEST(1));
	CU_ASSERT_EQUAL(nb.requests, 2);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->dropped, 1);
	nb_run(30000);
	nb_send(&p[2], NB_REQUEST(1));
	CU_ASSERT_EQUAL(nb.requests, 3);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_EQUAL(nb.why, ERR_LIMIT);
	nb_send(&p[0], NB_REQUEST(2));
	CU_ASSERT_PTR_EQUAL(nb.last, kept);
	for (unsigned i = 0; i < 3; i++)
		nb_peer_close(&p[i]);
	nb_end();
}

static void
time_out_towards_a_peer_that_came_to_us_keeps_its_requests_known(void)
{
	struct nb_peer p;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1));
	CU_ASSERT_EQUAL(nb_request(nb.last), 0);
	nb_run(20000);
	nb_send(&p, NB_REQUEST(2));
	nb_run(5000);
	CU_ASSERT_EQUAL(nb.reply_err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(nb.downs, 1);
	nb_send(&p, NB_REQUEST(2));
	CU_ASSERT_EQUAL(nb.requests, 2);
	nb_send(&p, NB_REQUEST(3));
	CU_ASSERT_EQUAL(nb.requests, 3);
	CU_ASSERT_EQUAL(nb_request(nb.last), 0);
	nb_peer_close(&p);
	nb_end();
}

static bool
lose_all(void *arg, struct span msg)
{
	CU_ASSERT(msg.len > 0);
	++*(unsigned *)arg;
	return false;
}

static void
tap_sees_and_loses_messages(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	unsigned seen = 0;

	nb_begin(NULL);
	mgco_node_set_tap(nb.node, lose_all, &seen);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1));
	CU_ASSERT_EQUAL(seen, 1);
	CU_ASSERT_FALSE(nb_take(&p, &msg));
	mgco_node_set_tap(nb.node, NULL, NULL);
	nb_send(&p, NB_REQUEST(1));
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	CU_ASSERT_EQUAL(nb.requests, 1);
	nb_peer_close(&p);
	nb_end();
}

static void
node_without_a_name_is_not_made(void)
{
	struct mgco_node_conf conf = { .mid = "" };
	struct mgco_handler h = { 0 };
	struct loop *l = loop_new_sim(0);

	CU_ASSERT_PTR_NULL(mgco_node_new(l, &conf, &h, NULL));
	conf.mid = NULL;
	CU_ASSERT_PTR_NULL(mgco_node_new(l, &conf, &h, NULL));
	mgco_node_free(NULL);
	loop_free(l);
}

const struct test_case test_cases[] = {
	TEST(reply_goes_to_the_source_of_the_request),
	TEST(configured_peer_is_up_after_connect_has_returned_and_again_after_a_time_out),
	TEST(reply_reaches_the_caller_from_the_peers_address_only),
	TEST(strangers_make_room_only_when_their_ids_may_be_forgotten),
	TEST(time_out_towards_a_peer_that_came_to_us_keeps_its_requests_known),
	TEST(tap_sees_and_loses_messages),
	TEST(node_without_a_name_is_not_made),
	{ NULL, NULL },
};
