/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve's programs, run by the kernel on packets made here; where BPF is not allowed, only that they are short
 * enough. */
#include "agw/syngate_bpf.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agw/bpf.h"
#include "tests/lib/bpf_bench.h"
#include "tests/lib/tmain.h"

enum { PORTS = 30, TIMED_RUNS = 1000000, END_TRIES = 20000, RACE_RUNS = 1000000 };

/* A table with ranges of both families, its mirror, and the programs over a map that holds the same. */
struct bench {
	struct gate_table *t;
	_Atomic uint64_t words[PORTS * GATE_SIEVE_WORDS];
	int words_fd, count_fd, prog_fd, accept_fd; /* -1: not allowed here */
};

struct race {
	struct gate_table *t;
	struct addr local;
	struct gate_rule rules[2];
	_Atomic bool stop;
};

static int
load(const struct bench *b, enum syngate_bpf_question q)
{
	struct bpf_insn *code = calloc(SYNGATE_BPF_MAX, sizeof(*code));
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(code);
	fd = bpf_bench_load(code, syngate_bpf_write(b->t, q, b->words_fd, b->count_fd, code));
	free(code);
	return fd;
}

/* False: no BPF here. */
static bool
bench_init(struct bench *b)
{
	struct addr v4 = bpf_bench_addr("10.0.0.1:0"), v4b = bpf_bench_addr("240.0.0.1:0"), v6 = bpf_bench_addr("[2001:db8::9]:0");

	*b = (struct bench){ .t = gate_table_new(), .words_fd = -1, .count_fd = -1, .prog_fd = -1,
	                     .accept_fd = -1 };
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->t);
	CU_ASSERT_EQUAL(gate_table_add(b->t, &v4, 1000, 1009), 0);
	CU_ASSERT_EQUAL(gate_table_add(b->t, &v6, 65526, 65535), 0);
	CU_ASSERT_EQUAL(gate_table_add(b->t, &v4b, 1, 10), 0); /* its first bit is set */
	CU_ASSERT_EQUAL_FATAL(gate_table_ports(b->t), PORTS);
	gate_table_mirror(b->t, b->words, false);
	b->words_fd = bpf_map(BPF_MAP_TYPE_ARRAY, GATE_SIEVE_WORDS * sizeof(uint64_t), PORTS, 0);
	b->count_fd = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint64_t), SYNGATE_BPF_QUESTIONS, 0);
	if (b->words_fd < 0 || b->count_fd < 0)
		return false;
	b->prog_fd = load(b, SYNGATE_BPF_DROP);
	b->accept_fd = load(b, SYNGATE_BPF_ACCEPT);
	return true;
}

static void
bench_fini(struct bench *b)
{
	if (b->prog_fd >= 0)
		close(b->prog_fd);
	if (b->accept_fd >= 0)
		close(b->accept_fd);
	if (b->count_fd >= 0)
		close(b->count_fd);
	if (b->words_fd >= 0)
		close(b->words_fd);
	gate_table_free(b->t);
}

static void
set(struct bench *b, const char *local, enum gate_mode mode, const char *remote)
{
	struct addr l = bpf_bench_addr(local);
	struct gate_rule r = { .mode = mode };

	if (remote)
		r.remote = bpf_bench_addr(remote);
	CU_ASSERT_EQUAL(gate_table_set(b->t, &l, &r), 0);
	for (uint32_t i = 0; i < PORTS && b->prog_fd >= 0; i++) {
		uint64_t words[GATE_SIEVE_WORDS];

		for (size_t k = 0; k < GATE_SIEVE_WORDS; k++)
			words[k] = atomic_load(&b->words[i * GATE_SIEVE_WORDS + k]);
		CU_ASSERT_EQUAL(bpf_map_write(b->words_fd, i, words), 0);
	}
}

static size_t
build(uint8_t *p, const char *local, const char *from, uint8_t flags)
{
	struct addr dst = bpf_bench_addr(local), src = bpf_bench_addr(from);

	return bpf_bench_packet(p, &dst, &src, flags);
}

static int
run(const struct bench *b, const uint8_t *p, size_t len, uint32_t times, uint32_t *ns)
{
	return bpf_bench_run(b->prog_fd, p, len, times, ns);
}

static bool
is_accepted(const struct bench *b, const char *local, const char *from)
{
	uint8_t p[BPF_BENCH_PACKET];
	uint32_t ns;

	return bpf_bench_run(b->accept_fd, p, build(p, local, from, 0x02), 1, &ns) == 1;
}

static bool
is_dropped(const struct bench *b, const char *local, const char *from)
{
	uint8_t p[BPF_BENCH_PACKET];
	uint32_t ns;

	return run(b, p, build(p, local, from, 0x02), 1, &ns) == 1;
}

static void
drops_exactly_what_the_words_say(void)
{
	struct bench b;

	if (bench_init(&b)) {
		CU_ASSERT(is_dropped(&b, "10.0.0.1:1000", "192.0.2.1:7"));
		CU_ASSERT(is_dropped(&b, "10.0.0.1:1009", "192.0.2.1:7"));
		CU_ASSERT_FALSE(is_dropped(&b, "10.0.0.1:999", "192.0.2.1:7")); /* not ours */
		CU_ASSERT_FALSE(is_dropped(&b, "10.0.0.1:1010", "192.0.2.1:7"));
		CU_ASSERT_FALSE(is_dropped(&b, "10.0.0.2:1000", "192.0.2.1:7"));
		CU_ASSERT(is_dropped(&b, "240.0.0.1:10", "192.0.2.1:7"));
		CU_ASSERT(is_dropped(&b, "[2001:db8::9]:65535", "[2001:db8::1]:7"));
		CU_ASSERT_FALSE(is_dropped(&b, "[2001:db8::8]:65535", "[2001:db8::1]:7"));
		set(&b, "10.0.0.1:1009", GATE_LATCH, NULL);
		CU_ASSERT_FALSE(is_dropped(&b, "10.0.0.1:1009", "192.0.2.1:7"));
		CU_ASSERT(is_dropped(&b, "10.0.0.1:1008", "192.0.2.1:7"));
		set(&b, "240.0.0.1:1", GATE_FILTER_ADDR, "250.0.2.1:7");
		CU_ASSERT_FALSE(is_dropped(&b, "240.0.0.1:1", "250.0.2.1:8"));
		CU_ASSERT(is_dropped(&b, "240.0.0.1:1", "250.0.2.2:7"));
		set(&b, "[2001:db8::9]:65526", GATE_FILTER_ADDR_PORT, "[2001:db8::1]:40007");
		CU_ASSERT_FALSE(is_dropped(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40007"));
		CU_ASSERT(is_dropped(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40008"));
		CU_ASSERT(is_dropped(&b, "[2001:db8::9]:65526", "[2001:db8::2]:40007"));
		set(&b, "[2001:db8::9]:65526", GATE_IGNORE, NULL);
		CU_ASSERT(is_dropped(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40007"));
	}
	bench_fini(&b);
}

/* What neither program is sure of goes to the queue. */
static void
accepts_only_what_the_words_are_sure_of(void)
{
	struct bench b;

	if (bench_init(&b)) {
		CU_ASSERT_FALSE(is_accepted(&b, "10.0.0.1:1000", "192.0.2.1:7"));
		CU_ASSERT_FALSE(is_accepted(&b, "10.0.0.1:999", "192.0.2.1:7")); /* not ours */
		set(&b, "10.0.0.1:1009", GATE_LATCH, NULL);
		CU_ASSERT(is_accepted(&b, "10.0.0.1:1009", "192.0.2.1:7"));
		set(&b, "10.0.0.1:1009", GATE_LATCH, "192.0.2.1:9");
		CU_ASSERT(is_accepted(&b, "10.0.0.1:1009", "192.0.2.1:7"));
		CU_ASSERT_FALSE(is_accepted(&b, "10.0.0.1:1009", "192.0.2.2:7"));
		set(&b, "240.0.0.1:1", GATE_FILTER_ADDR, "250.0.2.1:7");
		CU_ASSERT(is_accepted(&b, "240.0.0.1:1", "250.0.2.1:8"));
		CU_ASSERT_FALSE(is_accepted(&b, "240.0.0.1:1", "250.0.2.2:7"));
		set(&b, "240.0.0.1:1", GATE_FILTER_PORT, "250.0.2.1:7");
		CU_ASSERT_FALSE(is_accepted(&b, "240.0.0.1:1", "250.0.2.1:7"));
		set(&b, "[2001:db8::9]:65526", GATE_FILTER_ADDR_PORT, "[2001:db8::1]:40007");
		CU_ASSERT(is_accepted(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40007"));
		CU_ASSERT_FALSE(is_accepted(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40008"));
		CU_ASSERT_FALSE(is_accepted(&b, "[2001:db8::9]:65526", "[2001:db8:0:1:0:1:0:1]:40007")); /* folds alike */
		CU_ASSERT_FALSE(is_dropped(&b, "[2001:db8::9]:65526", "[2001:db8:0:1:0:1:0:1]:40007"));
		set(&b, "[2001:db8::9]:65526", GATE_FILTER_ADDR, "[fe80::ffff:ffff:ffff:ffff]:1");
		CU_ASSERT(is_accepted(&b, "[2001:db8::9]:65526", "[fe80::ffff:ffff:ffff:ffff]:40007"));
		CU_ASSERT_FALSE(is_accepted(&b, "[2001:db8::9]:65526", "[fe80::ffff:ffff:ffff:fffe]:40007"));
		set(&b, "[2001:db8::9]:65526", GATE_OPEN, NULL);
		CU_ASSERT(is_accepted(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40007"));
		set(&b, "[2001:db8::9]:65526", GATE_IGNORE, NULL);
		CU_ASSERT_FALSE(is_accepted(&b, "[2001:db8::9]:65526", "[2001:db8::1]:40007"));
		/* A rule of the other family is nobody's. */
		set(&b, "10.0.0.1:1001", GATE_FILTER_ADDR, "[2001:db8::1]:7");
		CU_ASSERT_FALSE(is_accepted(&b, "10.0.0.1:1001", "32.1.13.185:7"));
	}
	bench_fini(&b);
}

/* Without us nobody is accepted: the kernel empties the array of programs, a moment after its last descriptor went. */
static void
accepts_nobody_after_our_end(void)
{
	struct bpf_insn code[SYNGATE_BPF_SWITCH];
	uint8_t p[BPF_BENCH_PACKET];
	struct bench b;
	int progs, fd, got;
	uint32_t ns;
	size_t len;

	if (bench_init(&b)) {
		progs = bpf_map(BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t), 1, 0);
		CU_ASSERT_FATAL(progs >= 0);
		fd = bpf_bench_load(code, syngate_bpf_write_switch(progs, code));
		set(&b, "10.0.0.1:1009", GATE_LATCH, NULL);
		len = build(p, "10.0.0.1:1009", "192.0.2.1:7", 0x02);
		CU_ASSERT_EQUAL(bpf_bench_run(fd, p, len, 1, &ns), 0);
		CU_ASSERT_EQUAL(bpf_map_write(progs, 0, &b.accept_fd), 0);
		CU_ASSERT_EQUAL(bpf_bench_run(fd, p, len, 1, &ns), 1);
		close(progs);
		for (int i = 0; (got = bpf_bench_run(fd, p, len, 1, &ns)) == 1 && i < END_TRIES; i++)
			(void)poll(NULL, 0, 1);
		CU_ASSERT_EQUAL(got, 0);
		close(fd);
	}
	bench_fini(&b);
}

static void
only_whole_syns_are_its_business(void)
{
	static const uint8_t others[] = { 0x12, 0x10, 0x04, 0x14, 0x18, 0x01, 0x11, 0x03, 0x06, 0x00 };
	uint8_t p[BPF_BENCH_PACKET];
	uint32_t ns;
	struct bench b;

	if (bench_init(&b)) {
		for (size_t i = 0; i < sizeof(others); i++)
			CU_ASSERT_EQUAL(run(&b, p, build(p, "10.0.0.1:1000", "192.0.2.1:7", others[i]), 1, &ns), 0);
		CU_ASSERT_EQUAL(run(&b, p, build(p, "10.0.0.1:1000", "192.0.2.1:7", 0xc2), 1, &ns), 1); /* with ECN */
		CU_ASSERT_EQUAL(run(&b, p, build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x02) - 7, 1, &ns), 0); /* cut */
		(void)build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x02);
		p[BPF_BENCH_ETH + 7] = 1; /* a later fragment */
		CU_ASSERT_EQUAL(run(&b, p, 54, 1, &ns), 0);
		(void)build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x02);
		p[BPF_BENCH_ETH + 9] = 17;
		CU_ASSERT_EQUAL(run(&b, p, 54, 1, &ns), 0);
		(void)build(p, "[2001:db8::9]:65535", "[2001:db8::1]:7", 0x02);
		p[BPF_BENCH_ETH + 6] = 60; /* an extension header is for the queue */
		CU_ASSERT_EQUAL(run(&b, p, 74, 1, &ns), 0);
		(void)build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x02);
		memmove(p + BPF_BENCH_ETH + 24, p + BPF_BENCH_ETH + 20, 20); /* IPv4 options */
		p[BPF_BENCH_ETH] = 0x46;
		p[BPF_BENCH_ETH + 3] = 44;
		CU_ASSERT_EQUAL(run(&b, p, 58, 1, &ns), 1);
	}
	bench_fini(&b);
}

/* Not a limit, only told. */
static void
its_price_is_told(void)
{
	uint8_t p[BPF_BENCH_PACKET];
	uint32_t drop = 0, pass = 0, accept = 0;
	struct bench b;

	if (bench_init(&b)) {
		CU_ASSERT_EQUAL(run(&b, p, build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x02), TIMED_RUNS, &drop), 1);
		CU_ASSERT_EQUAL(run(&b, p, build(p, "10.0.0.1:1000", "192.0.2.1:7", 0x10), TIMED_RUNS, &pass), 0);
		set(&b, "[2001:db8::9]:65526", GATE_FILTER_ADDR, "[2001:db8::1]:1");
		CU_ASSERT_EQUAL(bpf_bench_run(b.accept_fd, p, build(p, "[2001:db8::9]:65526", "[2001:db8::1]:7", 0x02), TIMED_RUNS,
		                            &accept), 1);
		printf(" a SYN dropped %u ns, accepted %u ns, another packet %u ns ", drop, accept, pass);
	} else {
		printf(" no BPF here ");
	}
	bench_fini(&b);
}

/* Two IPv6 rules in turn, whose halves fold alike: whoever has a half of each must never be accepted. */
static void *
change_rules(void *arg)
{
	struct race *r = arg;

	for (unsigned i = 1; !atomic_load_explicit(&r->stop, memory_order_relaxed); i++)
		(void)gate_table_set(r->t, &r->local, &r->rules[i % 2]);
	return NULL;
}

static void
accepts_no_half_of_an_address(void)
{
	static const char *const sources[] = { "[1:0:2:0:3:0:0:4]:9", "[3:0:0:0:0:4:3:0]:9", "[1:0:2:0:0:4:3:0]:9",
		                               "[3:0:0:0:3:0:0:4]:9" };
	struct race r = { .t = gate_table_new(), .local = bpf_bench_addr("[2001:db8::9]:5") };
	int words_fd = bpf_map(BPF_MAP_TYPE_ARRAY, GATE_SIEVE_WORDS * sizeof(uint64_t), 1, BPF_F_MMAPABLE);
	int count_fd = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint64_t), SYNGATE_BPF_QUESTIONS, 0), fd;
	struct bench b = { .t = r.t, .words_fd = words_fd, .count_fd = count_fd, .prog_fd = -1, .accept_fd = -1 };
	uint8_t p[BPF_BENCH_PACKET];
	uint64_t *words, yes[5] = { 0 };
	uint32_t ns = 0;
	pthread_t writer;

	CU_ASSERT_EQUAL_FATAL(gate_table_add(r.t, &r.local, 5, 5), 0);
	if (words_fd >= 0 && count_fd >= 0) {
		words = mmap(NULL, GATE_SIEVE_WORDS * sizeof(*words), PROT_READ | PROT_WRITE, MAP_SHARED, words_fd, 0);
		CU_ASSERT_FATAL(words != MAP_FAILED);
		gate_table_mirror(r.t, (_Atomic uint64_t *)words, false);
		fd = b.accept_fd = load(&b, SYNGATE_BPF_ACCEPT);
		for (int i = 0; i < 2; i++)
			r.rules[i] = (struct gate_rule){ .mode = GATE_FILTER_ADDR, .remote = bpf_bench_addr(sources[i]) };
		CU_ASSERT_EQUAL(gate_table_set(r.t, &r.local, &r.rules[0]), 0);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, change_rules, &r), 0);
		for (int i = 0; i < 4; i++) {
			CU_ASSERT(bpf_bench_run(fd, p, build(p, "[2001:db8::9]:5", sources[i], 0x02), RACE_RUNS, &ns) >= 0);
			CU_ASSERT_EQUAL(bpf_map_read(count_fd, SYNGATE_BPF_ACCEPT, &yes[i + 1]), 0);
		}
		atomic_store(&r.stop, true);
		pthread_join(writer, NULL);
		CU_ASSERT(yes[2] > 0);
		CU_ASSERT_EQUAL(yes[4], yes[2]);
		gate_table_mirror(r.t, NULL, false);
		(void)munmap(words, GATE_SIEVE_WORDS * sizeof(*words));
	}
	bench_fini(&b);
}

static void
the_longest_program_fits(void)
{
	struct bpf_insn *code = calloc(SYNGATE_BPF_MAX, sizeof(*code));
	struct gate_table *t = gate_table_new();
	struct addr ip = bpf_bench_addr("[2001:db8::9]:0");

	CU_ASSERT_FATAL(code && t);
	for (int i = 0; i < GATE_ADDRS_MAX; i++) {
		ip.ip[8] = (uint8_t)i;
		CU_ASSERT_EQUAL(gate_table_add(t, &ip, 1, 65535), 0);
	}
	for (int q = 0; q < SYNGATE_BPF_QUESTIONS; q++)
		CU_ASSERT(syngate_bpf_write(t, (enum syngate_bpf_question)q, 0, 0, code) <= SYNGATE_BPF_MAX);
	free(code);
	gate_table_free(t);
}

const char test_suite[] = "syngate_bpf";
const struct test_case test_cases[] = {
	TEST(drops_exactly_what_the_words_say),
	TEST(accepts_only_what_the_words_are_sure_of),
	TEST(accepts_no_half_of_an_address),
	TEST(accepts_nobody_after_our_end),
	TEST(only_whole_syns_are_its_business),
	TEST(its_price_is_told),
	TEST(the_longest_program_fits),
	{ 0 },
};
