/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the program itself against stand-ins for the daemons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/io/sock.h"
#include "tests/lib/fake_daemons.h"
#include "tests/lib/tmain.h"

static struct fake_daemons d;
static char said[16384];

/* Runs ims-ctl against the stand-in; returns its exit status, what it wrote is in said. A busy machine has its time. */
static int
ctl(const char *ng, const char *args)
{
	const char *dir = getenv("TOP_BUILDDIR");
	char line[1024];
	size_t n;
	FILE *p;

	snprintf(line, sizeof(line), "exec 2>&1; %s/ims-ctl --ng=%s --alg-control=%s/alg --agw-control=%s/agw "
	         "--timeout=30 %s", dir ? dir : ".", ng, d.dir, d.dir, args);
	p = popen(line, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	n = fread(said, 1, sizeof(said) - 1, p);
	said[n] = '\0';
	return WEXITSTATUS(pclose(p));
}

static int
over_udp(const char *args)
{
	return ctl(d.ng_udp, args);
}

static int
over_tcp(const char *args)
{
	return ctl(d.ng_tcp, args);
}

#define SAYS(text) CU_ASSERT_STRING_EQUAL(said, text)
#define MENTIONS(part) CU_ASSERT_PTR_NOT_NULL(strstr(said, part))

static void
ping_is_answered_over_udp_and_tcp(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp("ping"), 0);
	SAYS("result: pong\n");
	CU_ASSERT_EQUAL(over_tcp("ping"), 0);
	SAYS("result: pong\n");
	CU_ASSERT_EQUAL(over_tcp("--json ping"), 0);
	SAYS("{\n  \"result\": \"pong\"\n}\n");
	fake_daemons_end(&d);
}

static void
an_unanswered_request_is_repeated_under_its_cookie(void)
{
	fake_daemons_start(&d, 2);
	CU_ASSERT_EQUAL(over_udp("--tries=20 --timeout=0.5 ping"), 0);
	fake_daemons_end(&d);
	CU_ASSERT(d.heard >= 3); /* more, when we are slow to answer */
	CU_ASSERT(d.is_cookie_kept);
	fake_daemons_start(&d, 100);
	CU_ASSERT_EQUAL(over_udp("--tries=2 --timeout=0.05 ping"), 3);
	MENTIONS("no answer from udp:127.0.0.1:");
	MENTIONS("timed out");
	fake_daemons_end(&d);
	CU_ASSERT_EQUAL(d.heard, 2);
}

static void
an_offer_carries_what_was_typed(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp("offer --call-id=c1 --from-tag t --direction=core,access ue-e2ae=yes e2ae a=b=c"
	                         " direction=x loop-protect </dev/null"), 0);
	SAYS(" {\"command\":\"offer\",\"call-id\":\"c1\",\"from-tag\":\"t\",\"direction\":[\"core\",\"access\",\"x\"],"
	     "\"ue-e2ae\":\"yes\",\"flags\":[\"e2ae\",\"loop-protect\"],\"a\":\"b=c\"}");
	CU_ASSERT_EQUAL(over_udp("offer --call-id=c1 --from-tag=t --sdp=/nonexistent"), 2);
	MENTIONS("SDP of /nonexistent: No such file");
	fake_daemons_end(&d);
}

static void
an_offer_reads_standard_input_and_names_its_call(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_tcp("offer <<'X'\nv=0\r\nX\n"), 0);
	MENTIONS("ims-ctl: this call is --call-id=ims-ctl-");
	MENTIONS("\"from-tag\":\"ims-ctl\",\"sdp\":\"v=0\\r\\n\"}");
	fake_daemons_end(&d);
}

static void
an_error_is_told_and_is_the_exit_status(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp("delete --call-id=c1"), 1);
	SAYS("ims-ctl: error: Unknown call-id\n");
	CU_ASSERT_EQUAL(over_udp("--json delete --call-id=c1"), 1);
	MENTIONS("\"error-reason\": \"Unknown call-id\"");
	fake_daemons_end(&d);
}

static void
a_dictionary_is_readable_and_harmless_to_the_terminal(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp("list 2>/dev/null"), 0);
	SAYS("result: ok\ncalls:\n  -\n    id: a\\x1b[31m\nsdp: |\n  v=0\n  s=-\nempty: (none)\nn: -3\n"
	     "warning: mind\n");
	CU_ASSERT_EQUAL(over_udp("list"), 0);
	MENTIONS("ims-ctl: warning: mind\n");
	fake_daemons_end(&d);
}

static void
show_asks_the_control_sockets(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp("show alg calls"), 0);
	SAYS("{\n  \"who\": \"alg\",\n  \"calls\": []\n}\n");
	CU_ASSERT_EQUAL(over_udp("show contexts"), 0);
	SAYS("agw:\n{\n  \"who\": \"agw\",\n  \"calls\": []\n}\n");
	CU_ASSERT_EQUAL(over_udp("agw drain now"), 0);
	MENTIONS("\"who\": \"agw\"");
	CU_ASSERT_EQUAL(over_udp("alg help"), 0);
	MENTIONS("\"name\": \"show calls\"");
	CU_ASSERT_EQUAL(over_udp("show agw calls"), 1);
	MENTIONS("unknown command");
	CU_ASSERT_EQUAL(over_udp("show nothing"), 1);
	CU_ASSERT_EQUAL(over_udp("show"), 2);
	CU_ASSERT_EQUAL(over_udp("--alg-control=/nonexistent show alg calls"), 3);
	MENTIONS("no answer from ims-alg at /nonexistent: not found");
	fake_daemons_end(&d);
}

static void
mistakes_of_the_operator_are_usage_errors(void)
{
	fake_daemons_start(&d, 0);
	CU_ASSERT_EQUAL(over_udp(""), 2);
	CU_ASSERT_EQUAL(over_udp("ofer"), 2);
	CU_ASSERT_EQUAL(over_udp("answer --call-id=c --from-tag=f </dev/null"), 2);
	SAYS("ims-ctl: answer needs --to-tag\n");
	CU_ASSERT_EQUAL(over_udp("query"), 2);
	CU_ASSERT_EQUAL(over_udp("--direction=core ping"), 2);
	CU_ASSERT_EQUAL(ctl("sctp:127.0.0.1:1", "ping"), 2);
	CU_ASSERT_EQUAL(ctl("udp:127.0.0.1:0", "ping"), 2);
	CU_ASSERT_EQUAL(d.heard, 0);
	fake_daemons_end(&d);
}

/* Ports that we hold, so that nobody else listens there meanwhile: TCP bound only, UDP connected to itself. */
static void
nobody_listening_is_told_at_once(void)
{
	struct addr any, at;
	struct sockaddr_storage ss;
	char ng[64], text[ADDR_TEXT_MAX];
	int fd[2];

	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.1:0"), &any), 0);
	fd[0] = sock_udp(&any);
	fd[1] = sock_tcp_bound(&any);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_FATAL(fd[i] >= 0 && sock_local(fd[i], &at) == 0);
		if (i == 0)
			CU_ASSERT_EQUAL(connect(fd[i], (struct sockaddr *)&ss, addr_to_sockaddr(&at, &ss)), 0);
		snprintf(ng, sizeof(ng), "%s:%s", i == 0 ? "udp" : "tcp", addr_text(&at, text));
		CU_ASSERT_EQUAL(ctl(ng, "ping"), 3);
		MENTIONS("refused");
		close(fd[i]);
	}
}

const char test_suite[] = "ims_ctl";
const struct test_case test_cases[] = {
	TEST(ping_is_answered_over_udp_and_tcp),
	TEST(an_unanswered_request_is_repeated_under_its_cookie),
	TEST(an_offer_carries_what_was_typed),
	TEST(an_offer_reads_standard_input_and_names_its_call),
	TEST(an_error_is_told_and_is_the_exit_status),
	TEST(a_dictionary_is_readable_and_harmless_to_the_terminal),
	TEST(show_asks_the_control_sockets),
	TEST(mistakes_of_the_operator_are_usage_errors),
	TEST(nobody_listening_is_told_at_once),
	{ 0 },
};
