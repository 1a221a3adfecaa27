/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

/* A filter of a TCP socket is given the packet from its TCP header on; SKF_NET_OFF reaches back to IP. */
enum {
	NET = SKF_NET_OFF,
	IP4_SRC = 12,
	IP6_SRC = 8,
	TCP_SRC_PORT = 0,
	PROG_MAX = 16,
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

/* Goes on when the accumulator is k, else to the end of the program; where that is, finish() writes. */
static void
put_expect(struct prog *p, uint32_t k)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, k);
}

/* ret PASS; drop: ret 0 */
static void
finish(struct prog *p)
{
	put(p, BPF_RET | BPF_K, (uint32_t)PASS);
	put(p, BPF_RET | BPF_K, 0);
	for (unsigned short i = 0; i < p->len; i++)
		if (p->code[i].code == (BPF_JMP | BPF_JEQ | BPF_K))
			p->code[i].jf = (uint8_t)(p->len - 1 - i - 1);
}

static uint32_t
ip_word(const struct addr *a, unsigned n)
{
	uint32_t be;

	memcpy(&be, a->ip + 4 * n, sizeof(be));
	return ntohl(be);
}

/* Only packets of remote's family, address and (if with_port) port pass. */
static void
build_filter(struct prog *p, const struct addr *remote, bool with_port)
{
	bool v6 = remote->family == ADDR_V6;
	unsigned words = v6 ? 4 : 1;
	uint32_t at = (uint32_t)NET + (v6 ? IP6_SRC : IP4_SRC);

	put(p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)NET);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_expect(p, v6 ? 0x60 : 0x40);
	for (unsigned i = 0; i < words; i++) {
		put(p, BPF_LD | BPF_W | BPF_ABS, at + 4 * i);
		put_expect(p, ip_word(remote, i));
	}
	if (with_port) {
		put(p, BPF_LD | BPF_H | BPF_ABS, TCP_SRC_PORT);
		put_expect(p, remote->port);
	}
	finish(p);
}

/* The program that agrees with gate_decide(). False: nothing is to be filtered. */
static bool
build_rule(struct prog *p, const struct gate_rule *rule)
{
	bool with_port = rule->mode == GATE_FILTER_ADDR_PORT;
	bool known = rule->remote.family != ADDR_NONE;

	if (rule->mode == GATE_OPEN || (rule->mode == GATE_LATCH && !known))
		return false;
	if (rule->mode == GATE_IGNORE || !known || addr_is_any(&rule->remote) ||
	    (with_port && rule->remote.port == 0))
		put(p, BPF_RET | BPF_K, 0);
	else
		build_filter(p, &rule->remote, with_port);
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
