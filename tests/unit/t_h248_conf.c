/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags and profiles for other controllers and gateways, through the tables of both programs. */
#include <string.h>

#include "agw/agw_conf.h"
#include "alg/alg_conf.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "h248_conf";

static struct agw_conf agw;
static struct alg_conf alg;
static char why[OPTS_ERROR_MAX];

static int
set(const struct opt *table, void *conf, const char *flag)
{
	struct span value = span_str(flag), name = span_cut(&value, '=');
	const struct opt *o = opts_find(table, name);

	why[0] = '\0';
	return o ? o->set(conf, value.p, why) : ERR_NOTFOUND;
}

/* Both programs as they are without flags. */
static void
init(void)
{
	agw_conf_init(&agw);
	alg_conf_init(&alg);
}

static void
each_flag_changes_what_it_names(void)
{
	struct h248_conf want = { .pending_ms = H248_PENDING_MS, .mtu = 1500 };
	static const struct {
		const char *flag;
		struct h248_conf c;
	} rows[] = {
		{ "h248-tokens=short", { .style.short_tokens = true } },
		{ "h248-layout=pretty", { .style.pretty = true } },
		{ "h248-case=upper", { .style.token_case = MGCO_CASE_UPPER } },
		{ "h248-case=lower", { .style.token_case = MGCO_CASE_LOWER } },
		{ "h248-quotes=needed", { .style.few_quotes = true } },
		{ "h248-empty-signals=braces", { .style.signals_braces = true } },
		{ "h248-streams=bare", { .style.bare_stream = true } },
		{ "h248-response-ack=off", { .no_acks = true } },
		{ "h248-pending-after=2.5", { .pending_ms = 2500 } },
	};

	init();
	CU_ASSERT(!memcmp(&agw.wire, &want, sizeof(want)) && !memcmp(&alg.wire, &want, sizeof(want)));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		init();
		CU_ASSERT_EQUAL(set(agw_opts, &agw, rows[i].flag), 0);
		CU_ASSERT_EQUAL(set(alg_opts, &alg, rows[i].flag), 0);
		memcpy(&want, &rows[i].c, sizeof(want));
		want.pending_ms = want.pending_ms ? want.pending_ms : H248_PENDING_MS;
		want.mtu = 1500;
		CU_ASSERT(!memcmp(&agw.wire, &want, sizeof(want)) && !memcmp(&alg.wire, &want, sizeof(want)));
		CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-profile=default"), 0); /* takes it back */
		memcpy(&want, &(struct h248_conf){ .pending_ms = H248_PENDING_MS, .mtu = 1500 }, sizeof(want));
		CU_ASSERT(!memcmp(&agw.wire, &want, sizeof(want)));
	}
}

static void
the_mtu_is_the_networks_and_of_no_profile(void)
{
	init();
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-mtu=1400"), 0);
	CU_ASSERT_EQUAL(set(alg_opts, &alg, "h248-mtu=576"), 0);
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-profile=default"), 0);
	CU_ASSERT_EQUAL(agw.wire.mtu, 1400);
	CU_ASSERT_EQUAL(alg.wire.mtu, 576);
}

static void
what_a_gateway_says_can_be_chosen_event_by_event(void)
{
	init();
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_RESTORED].method, "Disconnected");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-change=restored:restart:900 Service Restored"), 0);
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_RESTORED].method, "Restart");
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_RESTORED].reason, "900 Service Restored");
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_FIRST].reason, "901 Cold Boot");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-change=stop:Graceful:908"), 0);
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_STOP].reason, "908");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-change=default"), 0);
	CU_ASSERT_STRING_EQUAL(agw.service.say[MG_SAYS_STOP].method, "Forced");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-profile=ETSI_BGF/2"), 0);
	CU_ASSERT_STRING_EQUAL(agw.service.profile, "ETSI_BGF/2");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-profile=none"), 0);
	CU_ASSERT_STRING_EQUAL(agw.service.profile, "");
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "service-version=1"), 0);
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "first-version=1"), 0);
	CU_ASSERT(agw.service.version == 1 && agw.service.first_version == 1);
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "wildcard-reply=one"), 0);
	CU_ASSERT(agw.wildcard_one);
	CU_ASSERT_EQUAL(set(alg_opts, &alg, "service-reply=bare"), 0);
	CU_ASSERT_EQUAL(alg.agwset.service_reply, AGW_REPLY_BARE);
}

static void
nonsense_is_refused_with_a_sentence(void)
{
	static const char *const bad[] = {
		"h248-profile=cisco", "h248-tokens=medium", "h248-layout=", "h248-case=Mixed", "h248-quotes=all",
		"h248-empty-signals=none", "h248-streams=1", "h248-response-ack=yes", "h248-pending-after=0",
		"service-change=first", "service-change=first:Restart", "service-change=first:Reboot:901 Cold Boot",
		"service-change=boot:Restart:901 Cold Boot", "service-change=first:Restart:Cold Boot",
		"service-change=first:Restart:901\"", "service-change=first:Restart:9010 x", "service-profile=Iq",
		"service-profile=/1", "service-profile=1q/1", "service-profile=Iq/0", "service-profile=I q/1",
		"service-version=3", "h248-mtu=575", "h248-mtu=65536", "h248-mtu=", "first-version=0", "wildcard-reply=none",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		init();
		if (set(agw_opts, &agw, bad[i]) == 0 || !why[0])
			CU_FAIL("taken, or without a sentence");
	}
	CU_ASSERT_NOT_EQUAL(set(alg_opts, &alg, "service-reply=short"), 0);
	CU_ASSERT(why[0]);
}

/* A name that is written wrong in the table would be passed over in silence. */
static void
every_flag_of_every_profile_is_known_and_taken(void)
{
	struct h248_profile p;

	for (unsigned row = 0; h248_profile_at(row, &p); row++) {
		for (const char *const *f = p.flags; *f; f++) {
			int in_agw, in_alg;

			init();
			in_agw = set(agw_opts, &agw, *f);
			in_alg = set(alg_opts, &alg, *f);
			CU_ASSERT(in_agw == 0 || in_agw == ERR_NOTFOUND);
			CU_ASSERT(in_alg == 0 || in_alg == ERR_NOTFOUND);
			CU_ASSERT(in_agw == 0 || in_alg == 0);
		}
		CU_ASSERT_EQUAL(h248_profile_apply(agw_opts, &agw, p.name, why), 0);
		CU_ASSERT_EQUAL(h248_profile_apply(alg_opts, &alg, p.name, why), 0);
		CU_ASSERT(strstr("|" H248_PROFILES "|", p.name) != NULL);
	}
}

static void
the_default_profile_is_what_there_is_without_flags(void)
{
	struct agw_conf agw_before;
	struct alg_conf alg_before;

	init();
	agw_before = agw;
	alg_before = alg;
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-profile=v1"), 0);
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-profile=terse"), 0);
	CU_ASSERT_EQUAL(set(alg_opts, &alg, "h248-profile=terse"), 0);
	CU_ASSERT(alg.wire.style.short_tokens && agw.wildcard_one);
	CU_ASSERT_EQUAL(agw.service.version, 2); /* a profile begins with the defaults */
	CU_ASSERT_EQUAL(set(agw_opts, &agw, "h248-profile=default"), 0);
	CU_ASSERT_EQUAL(set(alg_opts, &alg, "h248-profile=default"), 0);
	CU_ASSERT(!memcmp(&agw.wire, &agw_before.wire, sizeof(agw.wire)));
	CU_ASSERT(!memcmp(&alg.wire, &alg_before.wire, sizeof(alg.wire)));
	CU_ASSERT(!memcmp(agw.service.say, agw_before.service.say, sizeof(agw.service.say)));
	CU_ASSERT_STRING_EQUAL(agw.service.profile, agw_before.service.profile);
	CU_ASSERT_EQUAL(agw.service.version, agw_before.service.version);
	CU_ASSERT_EQUAL(agw.wildcard_one, agw_before.wildcard_one);
}

const struct test_case test_cases[] = {
	TEST(each_flag_changes_what_it_names),
	TEST(the_mtu_is_the_networks_and_of_no_profile),
	TEST(what_a_gateway_says_can_be_chosen_event_by_event),
	TEST(nonsense_is_refused_with_a_sentence),
	TEST(every_flag_of_every_profile_is_known_and_taken),
	TEST(the_default_profile_is_what_there_is_without_flags),
	{ NULL, NULL },
};
