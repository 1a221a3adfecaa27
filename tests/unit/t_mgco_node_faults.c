/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 node and what does not parse: whom it answers what, and how often. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/node_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_node_faults";

static void
several_transactions_are_executed_and_a_broken_last_one_is_answered(void)
{
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1) "Transaction = 2" NB_BODY "Transaction = 3 { Context = 1 { Sub = t1 } }");
	CU_ASSERT_EQUAL(nb.requests, 2);
	for (uint32_t id = 1; id <= 3; id++) {
		CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
		CU_ASSERT_EQUAL(msg.txns->id, id);
		CU_ASSERT_EQUAL(msg.txns->error != NULL, id == 3);
	}
	nb_peer_close(&p);
	nb_end();
}

/* Each has one answer, under its own id; the one whose id cannot be read has the null id. */
static void
a_broken_transaction_keeps_no_other_from_its_answer(void)
{
	static const uint32_t want[][2] = { { 1, 0 }, { 3, 0 }, { 2, 444 }, { 0, 403 } };
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1) "Transaction = 2 { Context = 1 { Modify = t1 { Media { Local { v=0 {\n }, Frob } } } }"
	            " Transaction = x" NB_BODY "Transaction = 3" NB_BODY);
	CU_ASSERT_EQUAL(nb.requests, 2);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
		CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns);
		CU_ASSERT(msg.txns->kind == MGCO_REPLY && msg.txns->id == want[i][0]);
		CU_ASSERT_EQUAL(msg.txns->error ? msg.txns->error->code : 0, want[i][1]);
	}
	CU_ASSERT_FALSE(nb_take(&p, &msg));
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->syntax_errors, 2);
	nb_peer_close(&p);
	nb_end();
}

static void
garbage_gets_an_error_and_makes_no_association(void)
{
	static const char *const bad[] = {
		"x", "MEGACO/2", NB_PEER, NB_PEER "Transaction = 1", "\r\n\r\n", "MEGACO/2 [192.0.2.2] Transaction = x {}",
	};
	struct mgco_node_conf conf = { .max_assocs = 1 };
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(&conf);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = nb_udp_peer();
		nb_send(&p, bad[i]);
		CU_ASSERT_TRUE(nb_take(&p, &msg));
		nb_peer_close(&p);
	}
	p = nb_udp_peer();
	nb_send(&p, NB_REQUEST(1)); /* the one place is still free */
	CU_ASSERT_EQUAL(nb.requests, 1);
	nb_send_raw(&p, "", 0);
	nb_peer_close(&p);
	nb_end();
}

static void
unknown_version_gets_error_406(void)
{
	struct nb_peer p;
	struct mgco_msg msg;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, "MEGACO/9 [192.0.2.2]:2944 Transaction = 1" NB_BODY);
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.error);
	CU_ASSERT_EQUAL(msg.error->code, 406);
	CU_ASSERT_EQUAL(nb.requests, 0);
	nb_peer_close(&p);
	nb_end();
}

static bool
text_names(const struct mgco_msg *msg, const char *item)
{
	const struct mgco_error *e = msg->txns ? msg->txns->error : msg->error;
	char text[512] = "";

	(void)span_copy(e ? e->text : SPAN_NULL, text, sizeof(text));
	if (!strstr(text, item))
		printf("\n\"%s\" does not name %s\n", text, item);
	return strstr(text, item) != NULL;
}

static void
an_error_names_what_was_not_understood(void)
{
	static const struct {
		const char *request, *item;
		uint32_t code;
	} rows[] = {
		{ "Transaction = 1 { Context = 1 { Priority = 99 } }", ": 99", 422 },
		{ "Transaction = 2 { Context = 1 { Modify = t1 { Medea } } }", ": Medea", 444 },
		/* What could end the text early does not. */
		{ "Transaction = 3 { Context = 1 { Modify = t1 { \"x\" } } }", ": 'x'", 442 },
		{ "Transaction = 4 { Context = 1 { Modify = t1 { #\x01\n } } }", ": #", 442 },
	};
	struct nb_peer p;
	struct mgco_msg msg;
	char text[256];

	nb_begin(NULL);
	p = nb_udp_peer();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", NB_PEER, rows[i].request);
		nb_send(&p, text);
		CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
		CU_ASSERT_FATAL(msg.txns && msg.txns->error);
		CU_ASSERT_EQUAL(msg.txns->error->code, rows[i].code);
		CU_ASSERT_TRUE(text_names(&msg, rows[i].item));
	}
	nb_peer_close(&p);
	nb_end();
}

static void
errors_are_never_answered_and_answers_to_garbage_are_limited(void)
{
	struct nb_peer p;
	struct mgco_msg msg;
	unsigned n = 0;

	nb_begin(NULL);
	p = nb_udp_peer();
	nb_send(&p, NB_PEER "Error = 400 { \"x\" }");
	nb_send(&p, NB_PEER "Reply = 1 { Error = 400 { \"x\" } }");
	nb_send(&p, NB_PEER "Pending = 1 {}");
	CU_ASSERT_FALSE(nb_take(&p, &msg));
	for (unsigned i = 0; i < 300; i++) {
		nb_send(&p, "garbage");
		n += nb_take(&p, &msg);
	}
	CU_ASSERT_EQUAL(n, 100);
	nb_run(1000);
	nb_send(&p, "garbage");
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	nb_peer_close(&p);
	nb_end();
}

/* The peer lives and has done what was asked, so that neither the caller nor the association has to wait for T-MAX. */
static void
a_reply_that_does_not_parse_ends_its_request_unanswered(void)
{
	struct nb_peer p;
	struct addr where;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct mgco_msg msg;
	char text[256];

	nb_begin(NULL);
	p = nb_udp_peer();
	getsockname(p.fd, (struct sockaddr *)&ss, &len);
	addr_from_sockaddr((struct sockaddr *)&ss, &where);
	CU_ASSERT_EQUAL(nb_request(mgco_connect(nb.node, MGCO_UDP, &where)), 0);
	nb_run(0);
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	snprintf(text, sizeof(text), NB_PEER "Reply = %u { Context = 1 { Frob } }", msg.txns->id);
	nb_send(&p, text);
	CU_ASSERT_EQUAL(nb.replies, 1);
	CU_ASSERT(nb.reply_err == 0 && nb.reply_error_code == 400);
	CU_ASSERT_FALSE(nb_take(&p, &msg));
	nb_send(&p, text); /* to nothing that we asked: then the message is wrong */
	CU_ASSERT_TRUE_FATAL(nb_take(&p, &msg));
	CU_ASSERT_PTR_NOT_NULL(msg.error);
	CU_ASSERT_EQUAL(nb.replies, 1);
	nb_send(&p, NB_PEER "Reply = 1 { Frob } Pending = x {} Reply = 2 { Frob }"); /* told once */
	CU_ASSERT_TRUE(nb_take(&p, &msg));
	CU_ASSERT_FALSE(nb_take(&p, &msg));
	nb_peer_close(&p);
	nb_end();
}

const struct test_case test_cases[] = {
	TEST(several_transactions_are_executed_and_a_broken_last_one_is_answered),
	TEST(a_broken_transaction_keeps_no_other_from_its_answer),
	TEST(garbage_gets_an_error_and_makes_no_association),
	TEST(unknown_version_gets_error_406),
	TEST(an_error_names_what_was_not_understood),
	TEST(errors_are_never_answered_and_answers_to_garbage_are_limited),
	TEST(a_reply_that_does_not_parse_ends_its_request_unanswered),
	{ NULL, NULL },
};
