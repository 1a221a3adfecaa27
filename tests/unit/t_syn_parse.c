/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syn_parse.h"

#include <stdlib.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

/* A packet under construction. */
struct pkt {
	uint8_t b[256];
	size_t len;
};

static void
put_bytes(struct pkt *p, const void *from, size_t n)
{
	memcpy(p->b + p->len, from, n);
	p->len += n;
}

static void
put_tcp(struct pkt *p, uint8_t flags)
{
	const uint8_t tcp[20] = { 0x0f, 0xa0, 0x1f, 0x90, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff };

	put_bytes(p, tcp, sizeof(tcp)); /* 4000 -> 8080 */
}

static struct pkt
ip4_syn(uint8_t flags)
{
	const uint8_t ip[20] = { 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 10, 0, 0, 9 };
	struct pkt p = { .len = 0 };

	put_bytes(&p, ip, sizeof(ip));
	put_tcp(&p, flags);
	return p;
}

/* Payload length is set by ip6_end(). */
static struct pkt
ip6_begin(uint8_t next)
{
	struct pkt p = { .len = 40 };

	p.b[0] = 0x60;
	p.b[6] = next;
	p.b[8] = p.b[24] = 0x20;
	p.b[23] = 1;
	p.b[39] = 9;
	return p;
}

static void
ip6_end(struct pkt *p)
{
	p->b[4] = (uint8_t)((p->len - 40) >> 8);
	p->b[5] = (uint8_t)(p->len - 40);
}

/* Parses from a buffer of exactly len bytes, so that a read beyond it is seen by ASan and valgrind. */
static int
parse(const struct pkt *p, size_t len, struct syn_packet *syn)
{
	uint8_t *copy = malloc(len ? len : 1);
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, p->b, len);
	err = syn_parse(copy, len, syn);
	free(copy);
	return err;
}

static void
reads_an_ipv4_syn(void)
{
	struct pkt p = ip4_syn(0x02);
	struct syn_packet s;
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_EQUAL(parse(&p, p.len, &s), 0);
	CU_ASSERT_STRING_EQUAL(addr_text(&s.src, text), "192.0.2.1:4000");
	CU_ASSERT_STRING_EQUAL(addr_text(&s.dst, text), "10.0.0.9:8080");
	CU_ASSERT(s.is_syn);
}

static void
only_a_plain_syn_is_a_syn(void)
{
	struct syn_packet s;

	for (unsigned flags = 0; flags < 256; flags++) {
		struct pkt p = ip4_syn((uint8_t)flags);

		CU_ASSERT_EQUAL(parse(&p, p.len, &s), 0);
		CU_ASSERT_EQUAL(s.is_syn, (flags & 0x17) == 0x02); /* ECN, PSH and URG do not matter */
	}
}

static void
every_cut_says_more(void)
{
	struct pkt p = ip4_syn(0x02), q = ip6_begin(60);
	const uint8_t dstopts[8] = { 6, 0, 1, 4 };
	struct syn_packet s = { .is_syn = true };

	put_bytes(&q, dstopts, sizeof(dstopts));
	put_tcp(&q, 0x02);
	ip6_end(&q);
	for (size_t len = 0; len < p.len; len++)
		CU_ASSERT_EQUAL(parse(&p, len, &s), ERR_MORE);
	for (size_t len = 0; len < q.len; len++)
		CU_ASSERT_EQUAL(parse(&q, len, &s), ERR_MORE);
	CU_ASSERT_EQUAL(s.dst.port, 0); /* written on success only */
	CU_ASSERT_EQUAL(parse(&q, q.len, &s), 0);
	CU_ASSERT_EQUAL(s.dst.port, 8080);
}

static void
ipv4_options_are_stepped_over_and_lies_are_refused(void)
{
	struct syn_packet s;
	struct pkt p = { .len = 0 };
	const uint8_t ip[24] = { 0x46, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 10, 0, 0, 9, 1, 1, 1, 0 };

	put_bytes(&p, ip, sizeof(ip));
	put_tcp(&p, 0x02);
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), 0);
	CU_ASSERT_EQUAL(s.src.port, 4000);
	p.b[3] = 43; /* total length cuts the TCP header */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p.b[3] = 23; /* shorter than the IP header */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p = ip4_syn(0x02);
	p.b[0] = 0x44; /* header length below 20 */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p = ip4_syn(0x02);
	p.b[32] = 0x40; /* TCP data offset 16 */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p.b[32] = 0x60; /* beyond the packet */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p = ip4_syn(0x02);
	p.b[7] = 1; /* a later fragment has no TCP header */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_UNSUPPORTED);
	p = ip4_syn(0x02);
	p.b[9] = 17;
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_UNSUPPORTED);
	p.b[0] = 0x55;
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
}

static void
ipv6_extension_headers_are_followed(void)
{
	const uint8_t hop[8] = { 43, 0 }, routing[8] = { 44, 0, 0, 0 }, first[8] = { 51, 0, 0, 1 };
	const uint8_t ah[12] = { 6, 1 };
	struct pkt p = ip6_begin(0);
	struct syn_packet s;
	char text[ADDR_TEXT_MAX];

	put_bytes(&p, hop, sizeof(hop));
	put_bytes(&p, routing, sizeof(routing));
	put_bytes(&p, first, sizeof(first));
	put_bytes(&p, ah, sizeof(ah));
	put_tcp(&p, 0xc2);
	ip6_end(&p);
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), 0);
	CU_ASSERT(s.is_syn);
	CU_ASSERT_STRING_EQUAL(addr_text(&s.src, text), "[2000::1]:4000");
	CU_ASSERT_STRING_EQUAL(addr_text(&s.dst, text), "[2000::9]:8080");
	p.b[48 + 3] = 1; /* routing header with a segment left */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_UNSUPPORTED);
	p.b[48 + 3] = 0;
	p.b[56 + 3] = 9; /* fragment offset 8 */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_UNSUPPORTED);
	p.b[56 + 3] = 1;
	p.b[41] = 255; /* hop-by-hop header of 2 KiB */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_SYNTAX);
	p.b[4] = 0xff; /* as long as the packet says that it is */
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_MORE);
	p = ip6_begin(59); /* no next header */
	put_tcp(&p, 2);
	ip6_end(&p);
	CU_ASSERT_EQUAL(parse(&p, p.len, &s), ERR_UNSUPPORTED);
}

static void
too_many_extension_headers_are_refused(void)
{
	for (int n = SYN_EXT_MAX; n <= SYN_EXT_MAX + 1; n++) {
		struct pkt p = ip6_begin(60);
		struct syn_packet s;

		for (int i = 1; i <= n; i++) {
			const uint8_t ext[8] = { i < n ? 60 : 6, 0 };

			put_bytes(&p, ext, sizeof(ext));
		}
		put_tcp(&p, 2);
		ip6_end(&p);
		CU_ASSERT_EQUAL(parse(&p, p.len, &s), n <= SYN_EXT_MAX ? 0 : ERR_LIMIT);
	}
}

const char test_suite[] = "syn_parse";
const struct test_case test_cases[] = {
	TEST(reads_an_ipv4_syn),
	TEST(only_a_plain_syn_is_a_syn),
	TEST(every_cut_says_more),
	TEST(ipv4_options_are_stepped_over_and_lies_are_refused),
	TEST(ipv6_extension_headers_are_followed),
	TEST(too_many_extension_headers_are_refused),
	{ 0 },
};
