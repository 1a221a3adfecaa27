/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_sock.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

/* A filter of a TCP socket is given the packet from its TCP header on; SKF_NET_OFF reaches back to IP. */
enum {
	NET = SKF_NET_OFF,
	IP4_SRC = 12,
	IP6_SRC = 8,
	TCP_SRC_PORT = 0,
	PROG_MAX = 24,
	PASS = -1, /* keep the whole packet */
};

struct prog {
	struct sock_filter code[PROG_MAX];
	unsigned short len;
};

static void
put(struct prog *p, uint16_t op, uint32_t k)
{
	p->code[p->len++] = (struct sock_filter){ .code = op, .k = k };
}

enum { EQUAL = BPF_JMP | BPF_JEQ | BPF_K, AT_LEAST = BPF_JMP | BPF_JGE | BPF_K, ABOVE = BPF_JMP | BPF_JGT | BPF_K };

/* Goes on when the accumulator is k, else to the end of the program; where that is, finish() writes. */
static void
put_expect(struct prog *p, uint32_t k)
{
	put(p, EQUAL, k);
}

/* ret PASS; drop: ret 0 */
static void
finish(struct prog *p)
{
	put(p, BPF_RET | BPF_K, (uint32_t)PASS);
	put(p, BPF_RET | BPF_K, 0);
	for (unsigned short i = 0; i < p->len; i++)
		if (p->code[i].code == EQUAL || p->code[i].code == AT_LEAST)
			p->code[i].jf = (uint8_t)(p->len - 1 - i - 1);
		else if (p->code[i].code == ABOVE)
			p->code[i].jt = (uint8_t)(p->len - 1 - i - 1);
}

/* The part of 32 bits that begins at bit n of an address of so many bits, of which the low host_bits do not count. */
static uint32_t
mask_word(unsigned bits, unsigned n, unsigned host_bits)
{
	unsigned counted = bits - host_bits; /* from the left */

	if (counted <= n)
		return 0;
	return counted - n >= 32 ? UINT32_MAX : ~(UINT32_MAX >> (counted - n));
}

/* Only packets of the rule's family and address (or network) pass. */
static void
put_address(struct prog *p, const struct gate_rule *rule)
{
	bool v6 = rule->remote.family == ADDR_V6;
	unsigned words = v6 ? 4 : 1;
	uint32_t at = (uint32_t)NET + (v6 ? IP6_SRC : IP4_SRC);

	put(p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)NET);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_expect(p, v6 ? 0x60 : 0x40);
	for (unsigned i = 0; i < words; i++) {
		uint32_t mask = mask_word(32 * words, 32 * i, rule->host_bits);

		if (!mask)
			break;
		put(p, BPF_LD | BPF_W | BPF_ABS, at + 4 * i);
		if (mask != UINT32_MAX)
			put(p, BPF_ALU | BPF_AND | BPF_K, mask);
		put_expect(p, addr_word(&rule->remote, i) & mask);
	}
}

static void
put_ports(struct prog *p, const struct gate_rule *rule)
{
	put(p, BPF_LD | BPF_H | BPF_ABS, TCP_SRC_PORT);
	if (rule->port_hi == 0) {
		put_expect(p, rule->remote.port);
		return;
	}
	put(p, AT_LEAST, rule->remote.port);
	put(p, ABOVE, rule->port_hi);
}

/* The program that agrees with gate_decide(). False: nothing is to be filtered. */
static bool
build_rule(struct prog *p, const struct gate_rule *rule)
{
	bool with_addr = rule->mode != GATE_FILTER_PORT;
	bool with_port = rule->mode == GATE_FILTER_ADDR_PORT || rule->mode == GATE_FILTER_PORT;
	bool known = rule->remote.family != ADDR_NONE && !addr_is_any(&rule->remote);

	if (rule->mode == GATE_OPEN || (rule->mode == GATE_LATCH && rule->remote.family == ADDR_NONE))
		return false;
	if (rule->mode == GATE_IGNORE || (with_addr && !known) || (with_port && rule->remote.port == 0)) {
		put(p, BPF_RET | BPF_K, 0);
		return true;
	}
	if (with_addr)
		put_address(p, rule);
	if (with_port)
		put_ports(p, rule);
	finish(p);
	return true;
}

int
syngate_sock_arm(int listener, const struct gate_rule *rule)
{
	struct prog p = { .len = 0 };
	struct sock_fprog fprog = { .filter = p.code };

	if (!build_rule(&p, rule)) {
		syngate_sock_disarm(listener);
		return 0;
	}
	fprog.len = p.len;
	if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)) == 0)
		return 0;
	return errno == ENOPROTOOPT ? ERR_UNSUPPORTED : err_from_errno(errno);
}

void
syngate_sock_disarm(int fd)
{
	int unused = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
}
