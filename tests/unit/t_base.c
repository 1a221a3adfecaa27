/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "proto/base/addr.h"
#include "proto/base/arena.h"
#include "proto/base/err.h"
#include "proto/base/fsm.h"
#include "proto/base/log.h"
#include "proto/base/out.h"
#include "proto/base/slot.h"
#include "tests/lib/tmain.h"

static void
span_numbers_stop_at_their_maximum(void)
{
	uint64_t v = 7;
	uint32_t w = 7;

	CU_ASSERT_EQUAL(span_u64(span_str("65535"), 65535, &v), 0);
	CU_ASSERT_EQUAL(v, 65535);
	CU_ASSERT_EQUAL(span_u64(span_str("65536"), 65535, &v), ERR_TOOBIG);
	CU_ASSERT_EQUAL(span_u64(span_str("18446744073709551615"), UINT64_MAX, &v), 0);
	CU_ASSERT_EQUAL(v, UINT64_MAX);
	CU_ASSERT_EQUAL(span_u64(span_str("18446744073709551616"), UINT64_MAX, &v), ERR_TOOBIG);
	CU_ASSERT_EQUAL(span_u64(span_str(""), 9, &v), ERR_SYNTAX);
	CU_ASSERT_EQUAL(span_u64(span_str("+1"), 9, &v), ERR_SYNTAX);
	CU_ASSERT_EQUAL(span_u64(span_str("9"), 5, &v), ERR_TOOBIG);
	CU_ASSERT_EQUAL(v, UINT64_MAX);
	CU_ASSERT_EQUAL(span_u32(span_str("4294967296"), UINT32_MAX, &w), ERR_TOOBIG);
	CU_ASSERT_EQUAL(w, 7);
}

static void
span_cuts_and_words(void)
{
	struct span rest = span_str("a,,b");
	struct span line = span_str("  one\ttwo ");

	CU_ASSERT(span_eqs(span_cut(&rest, ','), "a"));
	CU_ASSERT(span_eqs(span_cut(&rest, ','), ""));
	CU_ASSERT_PTR_NOT_NULL(rest.p);
	CU_ASSERT(span_eqs(span_cut(&rest, ','), "b"));
	CU_ASSERT_PTR_NULL(rest.p);
	CU_ASSERT(span_eqs(span_word(&line), "one"));
	CU_ASSERT(span_eqs(span_word(&line), "two"));
	CU_ASSERT(span_is_empty(span_word(&line)));
	CU_ASSERT(span_caseeqs(span_str("SeTup"), "setup"));
	CU_ASSERT_FALSE(span_caseeqs(span_str("[x"), "{x")); /* only letters fold */
}

static void
span_hashes_tell_texts_apart(void)
{
	const char a[] = "sixteen octets..and one more", zeros[16] = { 0 };

	CU_ASSERT_EQUAL(span_hash(span_str(a)), span_hash(span_of(a, strlen(a))));
	for (size_t n = 0; n + 1 < sizeof(a); n++)
		CU_ASSERT_NOT_EQUAL(span_hash(span_of(a, n)), span_hash(span_of(a, n + 1)));
	CU_ASSERT_NOT_EQUAL(span_hash(span_of(zeros, 8)), span_hash(span_of(zeros, 16)));
	CU_ASSERT_NOT_EQUAL(span_hash(SPAN_LIT("a=1")), span_hash(SPAN_LIT("a=2")));
}

static void
out_is_sticky_after_the_first_failure(void)
{
	char buf[8];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	out_str(&o, "12345");
	out_str(&o, "6789");
	CU_ASSERT_EQUAL(o.err, ERR_TOOBIG);
	out_str(&o, "6");
	out_printf(&o, "%d", 6);
	out_u64(&o, 6);
	CU_ASSERT_EQUAL(o.len, 5);
	CU_ASSERT_PTR_NULL(out_cstr(&o));
	out_reset(&o);
	out_printf(&o, "%s", "1234567");
	CU_ASSERT_EQUAL(o.len, 7);
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "1234567");
	out_printf(&o, "%s", "89");
	CU_ASSERT_EQUAL(o.err, ERR_TOOBIG);
	CU_ASSERT_EQUAL(o.len, 7);
}

static void
out_grows_to_its_limit_only(void)
{
	struct out o;
	char *text;

	out_init_heap(&o, 1000);
	for (int i = 0; i < 999; i++)
		out_char(&o, 'x');
	CU_ASSERT_EQUAL(o.err, 0);
	text = out_take(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(strlen(text), 999);
	free(text);
	for (int i = 0; i < 2000; i++)
		out_u64(&o, 18446744073709551615ull);
	CU_ASSERT_EQUAL(o.err, ERR_TOOBIG);
	CU_ASSERT(o.len <= 1000);
	out_fini(&o);
}

static void
arena_refuses_beyond_its_limit(void)
{
	struct arena a;

	arena_init(&a, 10000);
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 9000));
	CU_ASSERT_PTR_NULL(arena_alloc(&a, 9000));
	CU_ASSERT_PTR_NULL(arena_alloc(&a, SIZE_MAX));
	CU_ASSERT_PTR_NOT_NULL(arena_span(&a, SPAN_NULL).p);
	CU_ASSERT(span_eqs(arena_printf(&a, "%d-%s", 5, "x"), "5-x"));
	arena_fini(&a);
}

static void
arena_prints_short_and_long_texts(void)
{
	struct span s;
	struct arena a;

	arena_init(&a, 4096);
	for (int n = 500; n < 530; n++) {
		s = arena_printf(&a, "%0*d|", n, 7);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s.p);
		CU_ASSERT_EQUAL(s.len, (size_t)n + 1);
		CU_ASSERT(memcmp(s.p + n - 1, "7|", 3) == 0); /* and the NUL */
		arena_fini(&a);
	}
	CU_ASSERT_PTR_NULL(arena_printf(&a, "%05000d", 7).p);
	arena_fini(&a);
}

static void
a_removed_id_never_finds_its_successor(void)
{
	struct slots s;
	int one, two;
	slot_id a, b;

	slots_init(&s, 1);
	a = slots_add(&s, &one);
	CU_ASSERT_PTR_EQUAL(slots_find(&s, a), &one);
	CU_ASSERT_EQUAL(slots_add(&s, &two), 0);
	slots_remove(&s, a);
	slots_remove(&s, a);
	b = slots_add(&s, &two);
	CU_ASSERT_NOT_EQUAL(a, b);
	CU_ASSERT_PTR_NULL(slots_find(&s, a));
	CU_ASSERT_PTR_EQUAL(slots_find(&s, b), &two);
	CU_ASSERT_PTR_NULL(slots_find(&s, 0));
	CU_ASSERT_PTR_NULL(slots_find(&s, UINT64_MAX));
	CU_ASSERT_EQUAL(s.used, 1);
	slots_fini(&s);
}

static void
addresses_compare_as_addresses(void)
{
	struct addr a, b;
	struct sockaddr_storage ss;
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("[2001:DB8:0::1]:2944"), &a), 0);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("[2001:db8::1]:2944"), &b), 0);
	CU_ASSERT(addr_same(&a, &b));
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "[2001:db8::1]:2944");
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("2001:db8::1:2944"), &b), ERR_SYNTAX);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("192.0.2.1"), &b), ERR_SYNTAX);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("192.0.2.1:65536"), &b), ERR_SYNTAX);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("192.0.2.1:1"), &b), 0);
	CU_ASSERT_FALSE(addr_same_ip(&a, &b));
	CU_ASSERT(addr_to_sockaddr(&b, &ss) == sizeof(struct sockaddr_in));
	CU_ASSERT_EQUAL(addr_from_sockaddr((struct sockaddr *)&ss, &a), 0);
	CU_ASSERT(addr_same(&a, &b));
	CU_ASSERT_EQUAL(addr_parse_ip(span_str("::ffff:192.0.2.1"), &a), 0);
	CU_ASSERT(addr_to_sockaddr(&a, &ss) == sizeof(struct sockaddr_in6));
	CU_ASSERT_EQUAL(addr_from_sockaddr((struct sockaddr *)&ss, &a), 0);
	CU_ASSERT(addr_same_ip(&a, &b));
	CU_ASSERT_EQUAL(addr_parse_ip(span_str("::"), &a), 0);
	CU_ASSERT(addr_is_any(&a));
}

static bool
same_net(const char *a, const char *b, unsigned host_bits)
{
	struct addr x, y;

	CU_ASSERT(addr_parse_ip(span_str(a), &x) == 0 && addr_parse_ip(span_str(b), &y) == 0);
	return addr_same_net(&x, &y, host_bits);
}

static void
networks_compare_from_the_left(void)
{
	CU_ASSERT(same_net("192.0.2.1", "192.0.2.1", 0));
	CU_ASSERT_FALSE(same_net("192.0.2.1", "192.0.2.0", 0));
	CU_ASSERT(same_net("192.0.2.1", "192.0.2.0", 1));
	CU_ASSERT_FALSE(same_net("192.0.2.2", "192.0.2.0", 1));
	CU_ASSERT(same_net("192.0.2.1", "192.0.3.255", 9));
	CU_ASSERT_FALSE(same_net("192.0.2.1", "192.0.4.1", 9));
	CU_ASSERT(same_net("192.0.2.1", "10.0.0.1", 32));
	CU_ASSERT(same_net("192.0.2.1", "10.0.0.1", 200));
	CU_ASSERT_FALSE(same_net("192.0.2.1", "2001:db8::1", 32));
	CU_ASSERT(same_net("2001:db8::1", "2001:db8::ffff", 16));
	CU_ASSERT_FALSE(same_net("2001:db8::1", "2001:db8::1:0", 16));
	CU_ASSERT(same_net("2001:db8::1", "::1", 128));
	CU_ASSERT(addr_bits(ADDR_V4) == 32 && addr_bits(ADDR_V6) == 128);
}

static char last_line[256];

static void
catch_line(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void
a_peer_cannot_forge_log_lines(void)
{
	struct log_limit limit = { 0 };
	uint32_t skipped, passed = 0;

	log_open_fn(catch_line, NULL, LOG_LVL_INFO);
	log_info("bad sdp=%s", "x\nerror: forged");
	CU_ASSERT_STRING_EQUAL(last_line, "bad sdp=x?error: forged");
	log_debug("not shown");
	CU_ASSERT_STRING_EQUAL(last_line, "bad sdp=x?error: forged");
	for (int i = 0; i < 1000; i++)
		passed += log_limit_pass(&limit, 5000, &skipped);
	CU_ASSERT_EQUAL(passed, LOG_BURST);
	CU_ASSERT(log_limit_pass(&limit, 6000, &skipped));
	CU_ASSERT_EQUAL(skipped, 1000 - LOG_BURST);
}

enum { ST_A, ST_B, ST_C };
enum { EV_GO, EV_ON, EV_NOISE };
static struct fsm machine;
static int acted;

static void
act_go(void *obj)
{
	(void)obj;
	acted++;
	CU_ASSERT_EQUAL(fsm_fire(&machine, EV_ON), 0); /* queued, not nested */
	CU_ASSERT_EQUAL(machine.state, ST_B);
}

static void
fsm_runs_to_completion(void)
{
	static const struct fsm_row rows[] = { { ST_A, EV_GO, ST_B, act_go }, { ST_B, EV_ON, ST_C, NULL } };
	static const char *const states[] = { "A", "B", "C" };
	static const char *const events[] = { "GO", "ON", "NOISE" };
	static const uint8_t ignored[][2] = { { ST_C, EV_NOISE } };
	static const struct fsm_desc desc = { "m", rows, 2, states, events, 3, 3, ignored, 1 };

	fsm_init(&machine, &desc, NULL, 1, ST_A);
	CU_ASSERT_EQUAL(fsm_fire(&machine, EV_ON), ERR_BADSTATE);
	CU_ASSERT_EQUAL(machine.unexpected, 1);
	CU_ASSERT_EQUAL(fsm_fire(&machine, EV_GO), 0);
	CU_ASSERT_EQUAL(acted, 1);
	CU_ASSERT_STRING_EQUAL(fsm_state_name(&machine), "C");
	CU_ASSERT_EQUAL(fsm_fire(&machine, EV_NOISE), 0);
	CU_ASSERT_EQUAL(machine.unexpected, 1);
}

const char test_suite[] = "base";
const struct test_case test_cases[] = {
	TEST(span_numbers_stop_at_their_maximum),
	TEST(span_cuts_and_words),
	TEST(span_hashes_tell_texts_apart),
	TEST(out_is_sticky_after_the_first_failure),
	TEST(out_grows_to_its_limit_only),
	TEST(arena_refuses_beyond_its_limit),
	TEST(arena_prints_short_and_long_texts),
	TEST(a_removed_id_never_finds_its_successor),
	TEST(addresses_compare_as_addresses),
	TEST(networks_compare_from_the_left),
	TEST(a_peer_cannot_forge_log_lines),
	TEST(fsm_runs_to_completion),
	{ 0 },
};
