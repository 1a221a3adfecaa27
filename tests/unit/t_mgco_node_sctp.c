/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 node over SCTP: bounds of messages, payload protocol, streams, a kernel without it. The kernel's sockets
 * are played over TCP (tests/lib/fake_sctp.h), and once more real where this kernel has them. */
#include <stdio.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"
#include "proto/io/sock_sctp.h"
#include "tests/lib/fake_sctp.h"
#include "tests/lib/node_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_node_sctp";

static struct {
	struct addr node; /* where ours listens */
	char text[100000];
	size_t len;
} t;

static void
begin(enum fake_sctp_how how)
{
	struct addr any;

	fake_sctp = (struct fake_sctp){ .how = how, .streams = 3 };
	nb_begin(NULL);
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any), 0);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(nb.node, MGCO_SCTP, &any, &t.node), 0);
}

static int
connect_to_node(void)
{
	int fd = sock_sctp_connect(&t.node);

	CU_ASSERT_FATAL(fd >= 0);
	nb_run(0);
	return fd;
}

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_str(text)), 0);
	nb_run(0);
}

/* The next message as it was cut, in t.text; false when there is none. */
static bool
hear(int fd)
{
	bool is_whole = false;

	for (t.len = 0; !is_whole;) {
		size_t got = 0;

		if (sock_sctp_recv(fd, t.text + t.len, sizeof(t.text) - t.len, &got, &is_whole) != 0)
			return false;
		t.len += got;
	}
	return true;
}

static bool
heard_reply(int fd, const char *id)
{
	return hear(fd) && span_has_prefix(span_of(t.text, t.len), "MEGACO/2 [192.0.2.1]:2944") &&
	       memmem(t.text, t.len, id, strlen(id));
}

static void
requests_are_answered(void)
{
	int fd = connect_to_node();

	say(fd, NB_REQUEST(11));
	CU_ASSERT_EQUAL(nb.requests, 1);
	CU_ASSERT_EQUAL(mgco_assoc_proto(nb.last), MGCO_SCTP);
	CU_ASSERT_TRUE(heard_reply(fd, "11"));
	say(fd, NB_REQUEST(12));
	CU_ASSERT_TRUE(heard_reply(fd, "12"));
	CU_ASSERT_FALSE(hear(fd));
	close(fd);
	nb_run(0);
	CU_ASSERT_EQUAL(nb.downs, 1);
}

static void
message_is_a_record_without_tpkt(void)
{
	begin(SCTP_FAKE);
	requests_are_answered();
	nb_end();
}

static void
payload_protocol_is_seven_in_network_order(void)
{
	static const uint8_t seven[] = { 0, 0, 0, 7 };
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	say(fd, NB_REQUEST(1));
	CU_ASSERT_EQUAL_FATAL(fake_sctp.n_sent, 2);
	CU_ASSERT(memcmp(fake_sctp.sent[0].ppid, seven, 4) == 0); /* what sock_sctp_send() makes of 7 */
	CU_ASSERT(memcmp(fake_sctp.sent[1].ppid, seven, 4) == 0); /* the node's reply */
	close(fd);
	nb_end();
}

static void
messages_take_the_streams_in_turn(void)
{
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	for (unsigned i = 0; i < 5; i++)
		say(fd, i % 2 ? NB_REQUEST(1) : NB_REQUEST(2));
	CU_ASSERT_EQUAL_FATAL(fake_sctp.n_sent, 10);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(fake_sctp.sent[2 * i + 1].stream, i % 3);
	close(fd);
	nb_end();
}

static void
message_may_come_in_pieces(void)
{
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	fake_sctp.piece_max = 10;
	say(fd, NB_REQUEST(21));
	CU_ASSERT_EQUAL(nb.requests, 1);
	CU_ASSERT_TRUE(heard_reply(fd, "21"));
	say(fd, NB_REQUEST(22));
	CU_ASSERT_EQUAL(nb.requests, 2);
	close(fd);
	nb_end();
}

static void
messages_that_wait_together_stay_apart(void)
{
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_str(NB_REQUEST(1))), 0);
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 1, 7, span_str("nonsense")), 0);
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 2, 7, span_str(NB_REQUEST(2))), 0);
	nb_run(0);
	CU_ASSERT_EQUAL(nb.requests, 2);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->syntax_errors, 1);
	CU_ASSERT_TRUE(heard_reply(fd, "Reply"));
	CU_ASSERT_TRUE(heard_reply(fd, "Error"));
	CU_ASSERT_TRUE(heard_reply(fd, "Reply"));
	close(fd);
	nb_end();
}

static bool
is_full(void *arg)
{
	(void)arg;
	return nb.requests == 3 && fake_sctp.n_sent == 4;
}

static void
what_finds_no_room_is_sent_later_and_once(void)
{
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	fake_sctp.is_short = true;
	fake_sctp.room = 4; /* our three and one reply */
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_str(NB_REQUEST(31))), 0);
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_str(NB_REQUEST(32))), 0);
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_str(NB_REQUEST(33))), 0);
	CU_ASSERT_TRUE(loop_sim_run(nb.loop, 1000, is_full, NULL));
	fake_sctp.room = 10;
	nb_run(0);
	CU_ASSERT_TRUE(heard_reply(fd, "31"));
	CU_ASSERT_TRUE(heard_reply(fd, "32"));
	CU_ASSERT_TRUE(heard_reply(fd, "33"));
	CU_ASSERT_FALSE(hear(fd));
	CU_ASSERT_EQUAL(fake_sctp.n_sent, 6);
	close(fd);
	nb_end();
}

static void
message_without_end_closes_the_connection(void)
{
	static char blanks[80000];
	int fd;

	begin(SCTP_FAKE);
	fd = connect_to_node();
	say(fd, NB_REQUEST(1));
	memset(blanks, ' ', sizeof(blanks));
	fake_sctp.piece_max = 5000;
	CU_ASSERT_EQUAL(sock_sctp_send(fd, 0, 7, span_of(blanks, sizeof(blanks))), 0);
	nb_run(0);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_EQUAL(nb.why, ERR_SYNTAX);
	CU_ASSERT_EQUAL(mgco_node_counters(nb.node)->dropped, 1);
	close(fd);
	nb_end();
}

static void
node_connects_asks_and_connects_again(void)
{
	struct mgco_assoc *as;
	struct addr any, bound, from;
	int listener, fd;

	begin(SCTP_FAKE);
	addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any);
	listener = sock_sctp_listen(&any, 4);
	CU_ASSERT_EQUAL_FATAL(sock_local(listener, &bound), 0);
	as = mgco_connect(nb.node, MGCO_SCTP, &bound);
	CU_ASSERT_PTR_NOT_NULL_FATAL(as);
	nb_run(0);
	CU_ASSERT_EQUAL(nb.ups, 1);
	fd = sock_accept(listener, &from);
	CU_ASSERT_EQUAL(nb_request(as), 0);
	nb_run(0);
	CU_ASSERT_TRUE(hear(fd));
	close(fd); /* the request fails, then the user hears it */
	nb_run(0);
	CU_ASSERT_EQUAL(nb.replies, 1);
	CU_ASSERT_EQUAL(nb.downs, 1);
	CU_ASSERT_FALSE(nb.down_came_first);
	nb_run(1000);
	CU_ASSERT_EQUAL(nb.ups, 2);
	close(listener);
	nb_end();
}

static void
kernel_without_it_is_told_apart(void)
{
	struct addr any;

	begin(SCTP_FAKE);
	CU_ASSERT_PTR_NULL(mgco_proto_missing(MGCO_SCTP));
	fake_sctp.how = SCTP_NONE;
	CU_ASSERT_PTR_NOT_NULL(mgco_proto_missing(MGCO_SCTP));
	CU_ASSERT_PTR_NULL(mgco_proto_missing(MGCO_TCP));
	addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any);
	CU_ASSERT_EQUAL(mgco_node_listen(nb.node, MGCO_SCTP, &any, NULL), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(sock_sctp_connect(&t.node), ERR_UNSUPPORTED);
	/* A controller that sends us to another address may find the module gone: tried again, like any other. */
	CU_ASSERT_PTR_NOT_NULL(mgco_connect(nb.node, MGCO_SCTP, &t.node));
	nb_run(5000);
	CU_ASSERT_EQUAL(nb.ups, 0);
	fake_sctp.how = SCTP_FAKE;
	nb_run(10000);
	CU_ASSERT_EQUAL(nb.ups, 1);
	nb_end();
}

static void
names_of_transports_are_read(void)
{
	struct span s = SPAN_LIT("sCtP:[::1]:2944");
	enum mgco_proto proto = MGCO_UDP;

	CU_ASSERT_EQUAL(mgco_proto_cut(&s, &proto), 0);
	CU_ASSERT_EQUAL(proto, MGCO_SCTP);
	CU_ASSERT_TRUE(span_eqs(s, "[::1]:2944"));
	CU_ASSERT_STRING_EQUAL(mgco_proto_name(MGCO_SCTP), "sctp");
	CU_ASSERT_EQUAL(mgco_proto_cut(&s, &proto), ERR_SYNTAX);
	for (const char *const *bad = (const char *const[]){ "", "tcp", "tcpx:1", "sctp", ":", NULL }; *bad; bad++) {
		s = span_str(*bad);
		CU_ASSERT_EQUAL(mgco_proto_cut(&s, &proto), ERR_SYNTAX);
	}
}

static void
sockets_of_the_kernel_do_the_same(void)
{
	fake_sctp = (struct fake_sctp){ .how = SCTP_OF_KERNEL };
	if (!sock_sctp_is_there()) {
		printf("SKIP: this kernel has no SCTP; ");
		return;
	}
	begin(SCTP_OF_KERNEL);
	requests_are_answered();
	nb_end();
}

const struct test_case test_cases[] = {
	TEST(message_is_a_record_without_tpkt),
	TEST(payload_protocol_is_seven_in_network_order),
	TEST(messages_take_the_streams_in_turn),
	TEST(message_may_come_in_pieces),
	TEST(messages_that_wait_together_stay_apart),
	TEST(what_finds_no_room_is_sent_later_and_once),
	TEST(message_without_end_closes_the_connection),
	TEST(node_connects_asks_and_connects_again),
	TEST(kernel_without_it_is_told_apart),
	TEST(names_of_transports_are_read),
	TEST(sockets_of_the_kernel_do_the_same),
	{ NULL, NULL },
};
