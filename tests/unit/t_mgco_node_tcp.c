/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 node over TCP: framing, broken input, lost connections, limits. */
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"
#include "tests/lib/node_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_node_tcp";

static void
frame_may_come_byte_by_byte(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	char buf[512];
	size_t len = nb_frame(buf, 0, NB_REQUEST(7));

	nb_begin(NULL);
	p = nb_tcp_peer();
	for (size_t i = 0; i < len; i++) {
		CU_ASSERT_EQUAL(nb.requests, 0);
		nb_send_raw(&p, buf + i, 1);
	}
	nb_run(0);
	CU_ASSERT_EQUAL(nb.requests, 1);
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_EQUAL(msg.txns->kind, MGCO_REPLY);
	CU_ASSERT_EQUAL(msg.txns->id, 7);
	CU_ASSERT_TRUE(span_eqs(msg.mid, "[192.0.2.1]:2944"));
	CU_ASSERT_TRUE(span_eqs(mgco_assoc_mid(nb.last), "[192.0.2.2]:2944"));
	nb_peer_close(&p);
	nb_end();
}

static void
segments_may_hold_several_messages_and_a_part(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	char buf[1024];
	size_t len, two;

	nb_begin(NULL);
	p = nb_tcp_peer();
	two = nb_frame(buf, nb_frame(buf, 0, NB_REQUEST(1)), NB_REQUEST(2));
	len = nb_frame(buf, two, NB_REQUEST(3));
	nb_send_raw(&p, buf, two + 2);
	CU_ASSERT_EQUAL(nb.requests, 2);
	nb_send_raw(&p, buf + two + 2, len - two - 2);
	CU_ASSERT_EQUAL(nb.requests, 3);
	for (uint32_t id = 1; id <= 3; id++) {
		CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
		CU_ASSERT_EQUAL(msg.txns->id, id);
	}
	nb_peer_close(&p);
	nb_end();
}

static void
garbage_in_a_frame_gets_an_error_and_the_connection_stays(void)
{
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(NULL);
	p = nb_tcp_peer();
	nb_send(&p, "GET / HTTP/1.0\r\n\r\n");
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.error);
	CU_ASSERT_EQUAL(msg.error->code, 400);
	nb_send(&p, NB_PEER "Transaction = 9 { Context = 1 { Frobnicate = t1 } }");
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns);
	CU_ASSERT_EQUAL(msg.txns->id, 9);
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns->error);
	CU_ASSERT_EQUAL(msg.txns->error->code, 443);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->syntax_errors, 2);
	CU_ASSERT_EQUAL(nb.requests, 0);
	nb_send(&p, NB_REQUEST(10));
	CU_ASSERT_EQUAL(nb.requests, 1);
	nb_peer_close(&p);
	nb_end();
}

static void
message_may_be_as_long_as_a_frame(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	char *frame = malloc(65535);

	CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
	memset(frame, ' ', 65535);
	nb_frame(frame, 0, NB_REQUEST(7));
	frame[4 + strlen(NB_REQUEST(7))] = ' ';
	frame[2] = frame[3] = (char)0xFF;
	nb_begin(NULL);
	p = nb_tcp_peer();
	nb_send_raw(&p, frame, 65535);
	CU_ASSERT_EQUAL(nb.requests, 1);
	memset(frame + 4, '{', 65531);
	nb_send_raw(&p, frame, 65535);
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_PTR_NOT_NULL(msg.error);
	CU_ASSERT_FALSE(nb_is_closed(&p));
	nb_peer_close(&p);
	nb_end();
	free(frame);
}

static void
what_is_no_tpkt_closes_the_connection(void)
{
	static const char bad[][5] = { "\x04\x00\x00\x20", "\x03\x00\x00\x03", "GET ", "\x00\x00\x00\x00" };

	nb_begin(NULL);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nb_peer p = nb_tcp_peer();
		struct mgco_msg msg;

		nb_send(&p, NB_REQUEST(1)); /* served before */
		nb_send_raw(&p, bad[i], 4);
		CU_ASSERT_TRUE(nb_take(&p, &msg));
		CU_ASSERT_TRUE(nb_is_closed(&p));
		CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->dropped, i + 1);
		nb_peer_close(&p);
	}
	CU_ASSERT_EQUAL(nb.downs, 4);
	nb_end();
}

static void
lost_connection_fails_requests_first_and_is_made_anew(void)
{
	struct addr bound;
	int listener;
	struct mgco_assoc *as;
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(NULL);
	listener = nb_listener(&bound);
	as = mgco_connect(nb.node, MGCO_TCP, &bound);
	CU_ASSERT_EQUAL(nb_request(as), ERR_CLOSED); /* not yet */
	nb_run(1);
	CU_ASSERT_EQUAL(nb.ups, 1);
	p = nb_accept(listener);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(0);
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	nb_peer_close(&p);
	CU_ASSERT_EQUAL(nb.replies, 3);
	CU_ASSERT_EQUAL(nb.reply_err, ERR_CLOSED);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_FALSE(nb.down_came_first);
	CU_ASSERT_EQUAL(nb_request(as), ERR_CLOSED);
	nb_run(999);
	CU_ASSERT_EQUAL(nb.ups, 1);
	nb_run(1);
	CU_ASSERT_EQUAL(nb.ups, 2);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	p = nb_accept(listener);
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	CU_ASSERT_EQUAL(msg.txns->kind, MGCO_REQUEST);
	nb_peer_close(&p);
	close(listener);
	nb_end();
}

static void
new_connection_counts_its_ids_afresh(void)
{
	struct addr bound;
	struct nb_peer p;
	int listener;

	nb_begin(NULL);
	nb.answer = NB_HOLD;
	listener = nb_listener(&bound);
	CU_ASSERT_PTR_NOT_NULL(mgco_connect(nb.node, MGCO_TCP, &bound));
	for (unsigned i = 1; i <= 2; i++) {
		struct mgco_msg msg;

		nb_run(1000);
		p = nb_accept(listener);
		nb_send(&p, NB_REQUEST(7));
		CU_ASSERT_EQUAL(nb.requests, i);
		if (i == 2) { /* the answer to the first is not taken for one to the second */
			mgco_respond(nb.held[0], &nb_action, NULL);
			nb_run(0);
			CU_ASSERT_FALSE(nb_take(&p, &msg));
			mgco_respond(nb.held[1], &nb_action, NULL);
			nb_run(0);
			CU_ASSERT_TRUE(nb_take(&p, &msg));
		}
		nb_peer_close(&p);
	}
	close(listener);
	nb_end();
}

static void
tries_become_rarer_while_nobody_listens(void)
{
	struct addr bound;
	int listener;
	struct nb_peer p;

	nb_begin(NULL);
	bound = nb.tcp;
	bound.port = 0;
	listener = sock_tcp_bound(&bound); /* nobody else has the port meanwhile */
	CU_ASSERT_FATAL(listener >= 0 && sock_local(listener, &bound) == 0);
	CU_ASSERT_PTR_NOT_NULL(mgco_connect(nb.node, MGCO_TCP, &bound));
	nb_run(1000 + 2000 + 4000 + 500); /* the next try is at 15 s */
	CU_ASSERT_EQUAL(nb.ups + nb.downs, 0);
	CU_ASSERT_EQUAL_FATAL(listen(listener, SOCK_BACKLOG), 0);
	nb_run(7000);
	CU_ASSERT_EQUAL(nb.ups, 0);
	nb_run(1000);
	CU_ASSERT_EQUAL(nb.ups, 1);
	p = nb_accept(listener);
	nb_peer_close(&p);
	close(listener);
	nb_end();
}

static void
unanswered_request_ends_the_connection(void)
{
	struct addr bound;
	int listener;
	struct mgco_assoc *as;
	struct nb_peer p;

	nb_begin(NULL);
	listener = nb_listener(&bound);
	as = mgco_connect(nb.node, MGCO_TCP, &bound);
	nb_run(1);
	p = nb_accept(listener);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(10000);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(15000);
	CU_ASSERT_EQUAL(nb.replies, 2);
	CU_ASSERT_EQUAL(nb.reply_err, ERR_CLOSED); /* the second; the first timed out */
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->timeouts, 1);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_EQUAL(nb.why, ERR_TIMEOUT);
	CU_ASSERT_TRUE(nb_is_closed(&p));
	nb_peer_close(&p);
	close(listener);
	nb_end();
}

static void
request_outlives_its_connection(void)
{
	struct nb_peer p;

	nb_begin(NULL);
	nb.answer = NB_HOLD;
	p = nb_tcp_peer();
	nb_send(&p, NB_REQUEST(1));
	nb_send(&p, NB_REQUEST(2));
	CU_ASSERT_PTR_NOT_NULL(nb.held[0]->assoc);
	nb_peer_close(&p);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_PTR_NULL(nb.held[0]->assoc);
	CU_ASSERT_TRUE(span_eqs(nb.held[0]->txn->actions->cmds->term, "t1"));
	mgco_respond(nb.held[0], &nb_action, NULL);
	mgco_node_free(nb.node); /* and the node itself */
	nb.node = NULL;
	mgco_respond(nb.held[1], &nb_action, NULL);
	nb_end();
}

static void
callbacks_may_close_and_free(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	char buf[1024];
	size_t len = nb_frame(buf, nb_frame(buf, 0, NB_REQUEST(1)), NB_REQUEST(2));

	nb_begin(NULL);
	nb.answer = NB_CLOSE;
	p = nb_tcp_peer();
	nb_send_raw(&p, buf, len);
	CU_ASSERT_EQUAL(nb.requests, 1);
	CU_ASSERT_TRUE(nb_take(&p, &msg)); /* the reply was given before the close */
	CU_ASSERT_TRUE(nb_is_closed(&p));
	CU_ASSERT_EQUAL(nb.downs, 0);
	nb_peer_close(&p);
	nb.answer = NB_FREE_NODE;
	p = nb_tcp_peer();
	nb_send_raw(&p, buf, len);
	CU_ASSERT_EQUAL(nb.requests, 2);
	CU_ASSERT_TRUE(nb_is_closed(&p));
	nb_peer_close(&p);
	nb_end();
}

static void
freeing_the_node_fails_requests(void)
{
	struct addr bound;
	struct nb_peer p;
	int listener;
	struct mgco_assoc *as;

	nb_begin(NULL);
	listener = nb_listener(&bound);
	as = mgco_connect(nb.node, MGCO_TCP, &bound);
	nb_run(1);
	p = nb_accept(listener);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	mgco_node_free(nb.node);
	nb.node = NULL;
	CU_ASSERT_EQUAL(nb.replies, 1);
	CU_ASSERT_EQUAL(nb.reply_err, ERR_CLOSED);
	CU_ASSERT_EQUAL(nb.downs, 0);
	nb_peer_close(&p);
	close(listener);
	nb_end();
}

static void
connections_are_limited_and_silent_ones_give_their_place_back(void)
{
	struct mgco_node_conf conf = { .max_assocs = 2 };
	struct nb_peer p[3];

	nb_begin(&conf);
	for (unsigned i = 0; i < 3; i++)
		p[i] = nb_tcp_peer();
	CU_ASSERT_FALSE(nb_is_closed(&p[1]));
	CU_ASSERT_TRUE(nb_is_closed(&p[2]));
	nb_send(&p[0], NB_REQUEST(1));
	nb_run(25000);
	CU_ASSERT_FALSE(nb_is_closed(&p[0]));
	CU_ASSERT_TRUE(nb_is_closed(&p[1]));
	CU_ASSERT_EQUAL(nb.downs, 0); /* the user never met it */
	nb_peer_close(&p[2]);
	p[2] = nb_tcp_peer();
	nb_send(&p[2], NB_REQUEST(1));
	CU_ASSERT_EQUAL(nb.requests, 2);
	for (unsigned i = 0; i < 3; i++)
		nb_peer_close(&p[i]);
	nb_end();
}

static void
peer_that_does_not_read_is_closed_at_a_bound(void)
{
	struct nb_peer p;
	char *name = malloc(50000), text[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	memset(name, 'x', 50000);
	nb_begin(NULL);
	p = nb_tcp_peer();
	nb_cmd.term = span_of(name, 50000);
	for (unsigned i = 1; i < 1000 && !nb.downs; i++) {
		snprintf(text, sizeof(text), NB_PEER "Transaction = %u" NB_BODY, i);
		nb_send(&p, text);
	}
	nb_cmd.term = SPAN_LIT("t1");
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_EQUAL(nb.why, ERR_LIMIT);
	CU_ASSERT(nb.requests > 100);
	free(name);
	nb_peer_close(&p);
	nb_end();
}

const struct test_case test_cases[] = {
	TEST(frame_may_come_byte_by_byte),
	TEST(segments_may_hold_several_messages_and_a_part),
	TEST(garbage_in_a_frame_gets_an_error_and_the_connection_stays),
	TEST(message_may_be_as_long_as_a_frame),
	TEST(what_is_no_tpkt_closes_the_connection),
	TEST(lost_connection_fails_requests_first_and_is_made_anew),
	TEST(new_connection_counts_its_ids_afresh),
	TEST(tries_become_rarer_while_nobody_listens),
	TEST(unanswered_request_ends_the_connection),
	TEST(request_outlives_its_connection),
	TEST(callbacks_may_close_and_free),
	TEST(freeing_the_node_fails_requests),
	TEST(connections_are_limited_and_silent_ones_give_their_place_back),
	TEST(peer_that_does_not_read_is_closed_at_a_bound),
	{ NULL, NULL },
};
