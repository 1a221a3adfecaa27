/* SPDX-License-Identifier: BSD-2-Clause */
/* Every failed call and every refused offer or answer is counted by its reason and logged, at a bounded rate. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "alg_reasons";

static const char BAD_SETUP[] = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
				"m=message 7654 TCP/MSRP *\r\na=setup:sideways\r\n"
				"a=path:msrp://198.51.100.7:7654/x;tcp\r\n";

static struct alg_bench b;
static char needle[64]; /* lines with this are counted */
static unsigned n_lines;

static void
on_line(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	n_lines += needle[0] && strstr(line, needle);
}

static void
watch_lines(const char *with)
{
	(void)snprintf(needle, sizeof(needle), "%s", with);
	n_lines = 0;
	log_open_fn(on_line, NULL, LOG_LVL_NOTICE);
}

static void
start(void)
{
	bench_start(&b, MGCO_TCP);
	fake_gw_start(&b, MGCO_TCP);
	watch_lines("refused call=");
}

static void
stop(void)
{
	log_open("test", LOG_TO_STDERR, LOG_LVL_NOTICE);
	fake_gw_release(&b);
	bench_stop(&b);
}

static void
until(const uint64_t *counter, uint64_t n)
{
	for (unsigned i = 0; i < 500 && *counter < n; i++)
		bench_run(&b, 1);
	CU_ASSERT_EQUAL(*counter, n);
}

static void
answered_call(unsigned i)
{
	char id[32];

	b.n_replies = 0;
	(void)snprintf(id, sizeof(id), "c%u", i);
	CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_ask(&b, "offer", id, BENCH_OFFER, BENCH_FROM_CORE), "result"), "ok");
	CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_ask(&b, "answer", id, BENCH_ANSWER, BENCH_FROM_UE), "result"), "ok");
}

static void
report(uint32_t ctx, const char *reason)
{
	char term[32];

	(void)snprintf(term, sizeof(term), "ip/1/access/%u", 2 * ctx - 1);
	fake_gw_notify(&b, ctx, term, "tlsbsc/BNCChange", "Reason", reason);
}

static void
each_failure_of_a_call_is_counted_by_its_reason(void)
{
	static const struct {
		const char *said;
		enum cause counted;
	} rows[] = {
		{ "tcp-timeout", CAUSE_TCP_TIMEOUT }, { "tcp-refused", CAUSE_TCP_REFUSED }, { "tcp-failed", CAUSE_TCP_FAILED },
		{ "tls-timeout", CAUSE_TLS_TIMEOUT }, { "tls-alert-42", CAUSE_TLS_ALERT }, { "tls-failed", CAUSE_TLS_FAILED },
		{ "fp-mismatch", CAUSE_FP_MISMATCH }, { "fp-missing", CAUSE_FP_MISSING },
		{ "fp-unsupported", CAUSE_FP_UNSUPPORTED }, { "no-certificate", CAUSE_NO_CERTIFICATE }, { "idle", CAUSE_IDLE },
		{ "peer-reset", CAUSE_PEER_RESET }, { "no-port", CAUSE_NO_PORT }, { "overload", CAUSE_OVERLOAD },
		{ "internal", CAUSE_INTERNAL }, { "msrp-error", CAUSE_MSRP_ERROR }, { "syn-filtered", CAUSE_SYN_FILTERED },
		{ "remote-denied", CAUSE_REMOTE_DENIED },
		{ "gateway-lost", CAUSE_GATEWAY_LOST }, { "the moon", CAUSE_OTHER }, { "the sun", CAUSE_OTHER },
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

	bench_init(&b);
	start();
	for (unsigned i = 0; i < ROWS; i++) {
		uint64_t before = b.alg->stats.calls_failed[rows[i].counted];

		answered_call(i + 1);
		report(i + 1, rows[i].said);
		CU_ASSERT_EQUAL(b.alg->stats.calls_failed[rows[i].counted], before + 1);
		report(i + 1, "tcp-timeout"); /* it is broken already */
		CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), i + 1);
	}
	CU_ASSERT_EQUAL(b.alg->stats.notifies, 2 * ROWS);
	CU_ASSERT_EQUAL(b.alg->stats.calls_total, ROWS);
	CU_ASSERT_EQUAL(b.alg->stats.lines_e2ae, ROWS);
	stop();
}

/* H.248.1 7.2.7: a Notify bears the request id of the Events that asked for it. 0, which is for further study, is heard. */
static void
events_that_nobody_asked_for_are_refused_and_mean_nothing(void)
{
	static const struct {
		uint32_t ctx, request;
		const char *term, *event;
		int code;
		unsigned failed, unasked;
	} rows[] = {
		{ 1, 2, "ip/1/access/1", "g/cause", 458, 0, 1 },
		{ 1, UINT32_MAX, "ip/1/core/2", "g/cause", 458, 0, 2 },
		{ 1, 1, "ip/1/core/2", "g/cause", 458, 0, 3 },
		{ MGCO_CTX_NULL, 2, "ROOT", "it/ito", 458, 0, 4 },
		{ MGCO_CTX_NULL, 1, "ROOT", "it/ito", 0, 0, 4 },
		{ MGCO_CTX_NULL, 0, "ROOT", "it/ito", 0, 0, 4 },
		{ 9, 7, "ip/1/access/1", "g/cause", 411, 0, 4 }, /* of a context that is nobody's */
		{ 1, 1, "IP/1/Access/1", "hangterm/thb", 0, 0, 4 },
		{ 1, 2, "ip/1/core/2", "g/cause", 0, 1, 4 },
		{ 2, 0, "ip/1/access/3", "g/cause", 0, 2, 4 },
	};

	bench_init(&b);
	start();
	answered_call(1);
	answered_call(2);
	watch_lines("code=458");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.gw.request = rows[i].request;
		CU_ASSERT_EQUAL(fake_gw_send(&b, rows[i].ctx, MGCO_NOTIFY, rows[i].term, rows[i].event), rows[i].code);
		CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), rows[i].failed);
		CU_ASSERT_EQUAL(b.alg->stats.notifies_unasked, rows[i].unasked);
	}
	CU_ASSERT(n_lines > 0);
	stop();
}

static void
a_gateway_that_reports_without_end_fills_no_log(void)
{
	uint64_t from;

	bench_init(&b);
	start();
	answered_call(1);
	watch_lines("gateway reports");
	from = loop_now_ms(b.l);
	for (unsigned i = 0; i < 40; i++)
		report(1, "fp-mismatch");
	CU_ASSERT_EQUAL(b.alg->stats.notify_failures, 40);
	CU_ASSERT(n_lines > 0 && n_lines <= LOG_BURST * ((loop_now_ms(b.l) - from) / 1000 + 2));
	CU_ASSERT_EQUAL(b.alg->stats.calls_failed[CAUSE_FP_MISMATCH], 1);
	watch_lines("");
	stop();
}

static void
check_refused(const char *command, const char *id, const char *sdp, const char *more, enum cause cause)
{
	bool is_answer = strcmp(command, "answer") == 0;
	const uint64_t *counted = &(is_answer ? b.alg->stats.answers_failed : b.alg->stats.offers_failed)[cause];
	uint64_t before = *counted;

	b.n_replies = 0;
	CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_ask(&b, command, id, sdp, more), "result"), "error");
	if (*counted != before + 1)
		printf("\n%s %s is not counted as %s", command, id, cause_text(cause));
	CU_ASSERT_EQUAL(*counted, before + 1);
}

static void
each_refused_offer_is_counted_by_its_reason(void)
{
	char long_id[ALG_TAG_MAX + 2];

	bench_init(&b);
	start();
	check_refused("offer", "o2", BAD_SETUP, BENCH_FROM_CORE, CAUSE_BAD_SDP);
	check_refused("offer", "o3", BENCH_OFFER, BENCH_FROM_CORE ",\"e2ae\":\"perhaps\"", CAUSE_BAD_REQUEST);
	check_refused("offer", "o4", BENCH_OFFER, "\"from-tag\":\"ft\"", CAUSE_BAD_REQUEST);
	b.gw.refuse_add_at = 1;
	b.gw.refuse_add = 510;
	check_refused("offer", "o5", BENCH_OFFER, BENCH_FROM_CORE, CAUSE_NO_PORT);
	b.gw.refuse_add = 412;
	check_refused("offer", "o6", BENCH_OFFER, BENCH_FROM_CORE, CAUSE_OVERLOAD);
	b.gw.refuse_add = 500;
	check_refused("offer", "o7", BENCH_OFFER, BENCH_FROM_CORE, CAUSE_GATEWAY_ERROR);
	b.gw.refuse_add = 0;
	memset(long_id, 'x', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	check_refused("offer", long_id, BENCH_OFFER, BENCH_FROM_CORE, CAUSE_UNSUPPORTED);
	b.gw.hold = true;
	check_refused("offer", "o8", BENCH_OFFER, BENCH_FROM_CORE, CAUSE_GATEWAY_LOST);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_timeouts, 1);
	CU_ASSERT(n_lines >= LOG_BURST);
	stop();
}

static void
each_refused_answer_is_counted_by_its_reason(void)
{
	static const char unsigned_ue[] = "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
					  "m=message 40000 TCP/TLS/MSRP *\r\na=setup:active\r\n"
					  "a=path:msrps://203.0.113.99:40000/uu7;tcp\r\n";
	static const char plain_ue[] = "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
				       "m=message 40000 TCP/MSRP *\r\na=setup:active\r\n"
				       "a=path:msrp://203.0.113.99:40000/uu7;tcp\r\n";

	bench_init(&b);
	start();
	check_refused("answer", "a1", BENCH_ANSWER, BENCH_FROM_UE, CAUSE_UNKNOWN_CALL);
	check_refused("answer", "a2", BENCH_ANSWER, "\"from-tag\":\"ft\"", CAUSE_BAD_REQUEST);
	bench_ask(&b, "offer", "a3", BENCH_OFFER, BENCH_FROM_CORE);
	check_refused("answer", "a3", BENCH_ANSWER, BENCH_FROM_UE ",\"status\":\"486\"", CAUSE_UNSUPPORTED);
	check_refused("answer", "a3", unsigned_ue, BENCH_FROM_UE, CAUSE_FP_MISSING);
	bench_ask(&b, "offer", "a4", BENCH_OFFER, BENCH_FROM_CORE);
	check_refused("answer", "a4", plain_ue, BENCH_FROM_UE, CAUSE_DOWNGRADE);
	CU_ASSERT_EQUAL(n_lines, 4); /* what is no request has another line */
	stop();
}

static void
requests_that_cross_are_counted_too(void)
{
	bench_init(&b);
	start();
	bench_ask(&b, "offer", "x", BENCH_OFFER, BENCH_FROM_CORE);
	b.gw.hold = true;
	bench_request(&b, NULL, "answer", "x", BENCH_ANSWER, BENCH_FROM_UE);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 1));
	/* More than may wait; then the call goes, and with it whoever waits. */
	for (unsigned i = 0; i < ALG_QUEUE_MAX + 1; i++)
		bench_request(&b, NULL, "offer", "x", BENCH_AUDIO, BENCH_FROM_CORE ",\"to-tag\":\"tt\"");
	until(&b.alg->stats.offers_failed[CAUSE_BUSY], 1);
	bench_request(&b, NULL, "delete", "x", NULL, "\"from-tag\":\"ft\"");
	until(&b.alg->stats.offers_failed[CAUSE_DELETED], ALG_QUEUE_MAX);
	CU_ASSERT_EQUAL(b.alg->stats.answers_failed[CAUSE_DELETED], 1);
	bench_request(&b, NULL, "delete", "y", NULL, "\"from-tag\":\"ft\"");
	bench_request(&b, NULL, "offer", "z", BENCH_OFFER, BENCH_FROM_CORE);
	bench_request(&b, NULL, "offer", "z", BENCH_OFFER, BENCH_FROM_CORE);
	until(&b.alg->stats.deletes_unknown, 1);
	until(&b.alg->stats.offers_joined, 1);
	stop();
}

static void
whoever_asks_without_end_fills_no_log(void)
{
	uint64_t from;

	bench_init(&b);
	start();
	from = loop_now_ms(b.l);
	for (unsigned i = 0; i < 40; i++)
		check_refused("offer", "o", BAD_SETUP, BENCH_FROM_CORE, CAUSE_BAD_SDP);
	CU_ASSERT(n_lines > 0 && n_lines <= LOG_BURST * ((loop_now_ms(b.l) - from) / 1000 + 2));
	stop();
}

static void
lines_that_get_no_tls_are_counted(void)
{
	bench_init(&b);
	start();
	bench_ask(&b, "offer", "l1", BENCH_OFFER, BENCH_FROM_CORE ",\"e2ae\":\"off\"");
	CU_ASSERT_EQUAL(b.alg->stats.lines_anchored, 1);
	stop();
	bench_init(&b);
	b.conf.e2ae = E2AE_ALWAYS;
	start();
	bench_ask(&b, "offer", "l2", BENCH_OFFER, "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"]");
	CU_ASSERT_EQUAL(b.alg->stats.lines_rejected, 1);
	stop();
}

static void
what_a_gateway_may_not_say_is_counted(void)
{
	bench_init(&b);
	start();
	watch_lines("request of a gateway refused");
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_AUDITVALUE, "ROOT", NULL), 501);
	CU_ASSERT_EQUAL(b.alg->stats.h248_refused, 1);
	CU_ASSERT_EQUAL(n_lines, 1);
	CU_ASSERT(agwset_counters(b.alg->agws)->messages_out > 0);
	stop();
}

static void
connections_beyond_a_number_are_closed_and_counted(void)
{
	static int fd[NG_TCP_MAX + 1];
	struct sockaddr_storage to;
	socklen_t len;

	bench_init(&b);
	start();
	watch_lines("ng connection closed");
	len = addr_to_sockaddr(&b.alg->ng[1], &to);
	for (unsigned i = 0; i <= NG_TCP_MAX; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		CU_ASSERT_EQUAL_FATAL(connect(fd[i], (struct sockaddr *)&to, len), 0);
		if (i % 32 == 0) /* the kernel holds that many for sure */
			bench_run(&b, 1);
	}
	until(&b.alg->stats.ng_tcp_refused, 1);
	CU_ASSERT_EQUAL(n_lines, 1);
	for (unsigned i = 0; i <= NG_TCP_MAX; i++)
		close(fd[i]);
	stop();
}

/* A network that is lost and comes back takes each realm out of service and in again: the line on the gateway's return,
 * which comes behind, is written none the less. */
static void
what_is_told_of_realms_drowns_no_return(void)
{
	bench_init(&b);
	start();
	CU_ASSERT(bench_offer(&b, "stays"));
	for (int i = 0; i < 2 * LOG_BURST; i++)
		CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, "ip/1/core/*", "Graceful"), 0);
	watch_lines("gateway reconciled");
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	for (unsigned i = 0; i < 500 && !n_lines; i++)
		bench_run(&b, 1);
	CU_ASSERT_EQUAL(n_lines, 1);
	stop();
}

const struct test_case test_cases[] = {
	TEST(each_failure_of_a_call_is_counted_by_its_reason),
	TEST(events_that_nobody_asked_for_are_refused_and_mean_nothing),
	TEST(a_gateway_that_reports_without_end_fills_no_log),
	TEST(each_refused_offer_is_counted_by_its_reason),
	TEST(each_refused_answer_is_counted_by_its_reason),
	TEST(requests_that_cross_are_counted_too),
	TEST(whoever_asks_without_end_fills_no_log),
	TEST(lines_that_get_no_tls_are_counted),
	TEST(what_a_gateway_may_not_say_is_counted),
	TEST(connections_beyond_a_number_are_closed_and_counted),
	TEST(what_is_told_of_realms_drowns_no_return),
	{ NULL, NULL },
};
