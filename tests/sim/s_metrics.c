/* SPDX-License-Identifier: BSD-2-Clause */
/* What both daemons serve at --metrics is text that Prometheus takes, whatever happened before. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alg/alg.h"
#include "tests/lib/agw_rig.h"
#include "tests/lib/man_page.h"
#include "tests/lib/tmain.h"

enum { SERIES_MAX = 2000, TEXT_MAX = 256 * 1024 };

static char text[TEXT_MAX];

/* GET /metrics: the whole reply into text. */
static void
fetch(struct loop *l, const struct http_serve *s)
{
	struct sockaddr_storage ss;
	socklen_t len;
	size_t n = 0;
	ssize_t got = -1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	len = addr_to_sockaddr(http_serve_addr(s), &ss);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&ss, len), 0);
	CU_ASSERT_EQUAL(send(fd, "GET /metrics HTTP/1.0\n\n", 23, MSG_NOSIGNAL), 23);
	for (int i = 0; i < 1000 && got != 0; i++) {
		loop_sim_run(l, 1, NULL, NULL);
		got = recv(fd, text + n, sizeof(text) - 1 - n, MSG_DONTWAIT);
		n += got > 0 ? (size_t)got : 0;
	}
	CU_ASSERT_EQUAL(got, 0);
	text[n] = '\0';
	close(fd);
	loop_sim_run(l, 1, NULL, NULL);
}

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return s.len > 0 && !isdigit((unsigned char)s.p[0]);
}

static bool
has_suffix(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len > n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

/* HELP, TYPE and samples of one family after the other, nothing twice, counters and no others end in _total. */
static void
check_text(const char *prefix)
{
	static struct span seen[SERIES_MAX];
	char *body = strstr(text, "\r\n\r\n");
	struct span rest, family = SPAN_NULL;
	unsigned n = 0, samples = 0;
	bool is_counter = false;

	CU_ASSERT_EQUAL(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(body);
	rest = span_str(body + 4);
	CU_ASSERT(has_suffix(rest, "\n"));
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), value = line, name = span_cut(&value, ' '), type;

		if (span_has_prefix(line, "# HELP ")) {
			CU_ASSERT(!family.len || samples > 0 || span_has_prefix(family, "ims_alg_gateway_"));
			type = line;
			span_word(&type), span_word(&type);
			family = span_word(&type);
			CU_ASSERT(is_name(family) && span_has_prefix(family, prefix) && type.len > 1);
			samples = 0;
			seen[n++] = family;
		} else if (span_has_prefix(line, "# TYPE ")) {
			type = line;
			span_word(&type), span_word(&type);
			CU_ASSERT(span_eq(span_word(&type), family) && samples == 0);
			type = span_word(&type);
			is_counter = span_eqs(type, "counter");
			CU_ASSERT(is_counter || span_eqs(type, "gauge"));
			CU_ASSERT_EQUAL(is_counter, has_suffix(family, "_total"));
		} else {
			uint64_t v;

			CU_ASSERT_EQUAL(span_u64(value, UINT64_MAX, &v), 0);
			seen[n] = name;
			CU_ASSERT(!samples || !span_eq(name, family));
			n += !span_eq(name, family);
			CU_ASSERT(span_eq(span_cut(&name, '{'), family));
			samples++;
		}
		CU_ASSERT_FATAL(n < SERIES_MAX);
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			CU_ASSERT(!span_eq(seen[i], seen[k]));
	CU_ASSERT(n > 60);
}

/* Each family of the text has a line in the man page, with a word on it, and there are no others. */
static void
check_page(const char *name, const char *prefix)
{
	struct span section = man_section(name, "METRICS"), rest = span_str(text);
	unsigned families = 0;

	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), family;

		if (!span_has_prefix(line, "# HELP "))
			continue;
		span_word(&line), span_word(&line);
		family = span_word(&line);
		CU_ASSERT_FATAL(span_has_prefix(family, prefix));
		family = span_of(family.p + strlen(prefix), family.len - strlen(prefix));
		if (!man_tells(section, family)) {
			printf("\n%s: METRICS: nothing on %.*s", name, SPAN_FMT(family));
			CU_FAIL("the page");
		}
		families++;
	}
	CU_ASSERT_EQUAL(man_count(section), families);
}

static bool
tells(const char *line)
{
	return strstr(text, line) != NULL;
}

static void
with_metrics(struct agw_conf *c)
{
	CU_ASSERT_EQUAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &c->common.metrics), 0);
}

static void
a_gateway_tells_its_contexts_and_reasons(void)
{
	ar.configure = with_metrics;
	ar_begin();
	fetch(ar.loop, ar.agw->http);
	check_text("ims_agw_");
	check_page("ims-agw.8", "ims_agw_");
	CU_ASSERT(tells("\nims_agw_registered 1\n"));
	CU_ASSERT(tells("\nims_agw_contexts 0\n"));
	CU_ASSERT(tells("\nims_agw_failures_total{reason=\"fp-mismatch\"} 0\n"));
	ar_add("", "");
	ar_answer("", true);
	fetch(ar.loop, ar.agw->http);
	check_text("ims_agw_");
	CU_ASSERT(tells("\nims_agw_contexts 1\n"));
	CU_ASSERT(tells("\nims_agw_realm_sessions{realm=\"access\"} 1\n"));
	CU_ASSERT(tells("\nims_agw_h248_adds_total 2\n"));
	CU_ASSERT(tells("\nims_agw_metrics_replies_total 1\n"));
	ar_subtract();
	fetch(ar.loop, ar.agw->http);
	CU_ASSERT(tells("\nims_agw_contexts 0\n"));
	CU_ASSERT(tells("\nims_agw_h248_subtracts_total 2\n"));
	ar_end();
}

static void
an_alg_tells_its_calls(void)
{
	static struct alg_conf conf;
	struct loop *l = loop_new_sim(5000);
	char why[OPTS_ERROR_MAX];
	struct alg *alg;

	alg_conf_init(&conf);
	conf.daemon.control[0] = '\0';
	conf.n_ng = conf.n_h248 = 1;
	conf.h248[0].proto = MGCO_TCP;
	CU_ASSERT_EQUAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &conf.ng[0].addr), 0);
	conf.h248[0].addr = conf.daemon.metrics = conf.ng[0].addr;
	CU_ASSERT_EQUAL_FATAL(alg_conf_done(&conf, why), 0);
	alg = alg_new(l, &conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(alg);
	alg->stats.offers = 3;
	alg->stats.calls_failed[CAUSE_FP_MISMATCH] = 2;
	loop_sim_run(l, 2000, NULL, NULL);
	fetch(l, alg->http);
	check_text("ims_alg_");
	check_page("ims-alg.8", "ims_alg_");
	CU_ASSERT(tells("\nims_alg_uptime_seconds 2\n"));
	CU_ASSERT(tells("\nims_alg_calls 0\n"));
	CU_ASSERT(tells("\nims_alg_offers_total 3\n"));
	CU_ASSERT(tells("\nims_alg_calls_total 0\n"));
	CU_ASSERT(tells("\nims_alg_calls_failed_total{reason=\"fp-mismatch\"} 2\n"));
	for (unsigned i = CAUSE_NONE + 1; i < CAUSES; i++) { /* all are there from the start */
		char line[128];

		(void)snprintf(line, sizeof(line), "\nims_alg_offers_failed_total{reason=\"%s\"} 0\n", cause_text((enum cause)i));
		CU_ASSERT(tells(line));
	}
	alg_free(alg);
	loop_free(l);
}

const char test_suite[] = "metrics";
const struct test_case test_cases[] = {
	TEST(a_gateway_tells_its_contexts_and_reasons),
	TEST(an_alg_tells_its_calls),
	{ NULL, NULL },
};
