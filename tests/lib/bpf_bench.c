/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/bpf_bench.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agw/bpf.h"
#include "tests/lib/tmain.h"

struct addr
bpf_bench_addr(const char *hostport)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(hostport), &a), 0);
	return a;
}

int
bpf_bench_load(const struct bpf_insn *code, unsigned len)
{
	static char log[65536];
	int fd = bpf_load(code, len, log, sizeof(log));

	if (fd < 0)
		fprintf(stderr, "%s\n", log);
	CU_ASSERT_FATAL(fd >= 0);
	return fd;
}

size_t
bpf_bench_packet(uint8_t p[BPF_BENCH_PACKET], const struct addr *dst, const struct addr *src, uint8_t tcp_flags)
{
	bool v6 = dst->family == ADDR_V6;
	uint8_t *ip = p + BPF_BENCH_ETH, *tcp = ip + (v6 ? 40 : 20);

	memset(p, 0, BPF_BENCH_PACKET);
	p[12] = v6 ? 0x86 : 0x08;
	p[13] = v6 ? 0xdd : 0x00;
	if (v6) {
		ip[0] = 0x60;
		ip[5] = 20;
		ip[6] = 6;
		memcpy(ip + 8, src->ip, 16);
		memcpy(ip + 24, dst->ip, 16);
	} else {
		ip[0] = 0x45;
		ip[3] = 40;
		ip[9] = 6;
		memcpy(ip + 12, src->ip, 4);
		memcpy(ip + 16, dst->ip, 4);
	}
	tcp[0] = (uint8_t)(src->port >> 8);
	tcp[1] = (uint8_t)src->port;
	tcp[2] = (uint8_t)(dst->port >> 8);
	tcp[3] = (uint8_t)dst->port;
	tcp[12] = 0x50;
	tcp[13] = tcp_flags;
	return BPF_BENCH_ETH + (v6 ? 60 : 40);
}

int
bpf_bench_run(int prog_fd, const uint8_t *p, size_t len, uint32_t times, uint32_t *ns)
{
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = (uint32_t)prog_fd;
	attr.test.data_in = (uint64_t)(uintptr_t)p;
	attr.test.data_size_in = (uint32_t)len;
	attr.test.repeat = times;
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) != 0)
		return -1;
	*ns = attr.test.duration;
	return (int)attr.test.retval;
}
