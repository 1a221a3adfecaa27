/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/bpf_bench.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lib/tmain.h"

struct addr
bpf_bench_addr(const char *hostport)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(hostport), &a), 0);
	return a;
}

static int
bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static uint64_t
u64_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int
bpf_bench_map(enum bpf_map_type type, size_t value_size, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr = { .map_type = type };

	attr.key_size = sizeof(uint32_t);
	attr.value_size = (uint32_t)value_size;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int
access_entry(enum bpf_cmd cmd, int map_fd, uint32_t key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = u64_of(&key);
	attr.value = u64_of(value);
	return bpf(cmd, &attr);
}

int
bpf_bench_read(int map_fd, uint32_t key, void *value)
{
	return access_entry(BPF_MAP_LOOKUP_ELEM, map_fd, key, value);
}

void
bpf_bench_write(int map_fd, uint32_t key, const void *value)
{
	CU_ASSERT_EQUAL(access_entry(BPF_MAP_UPDATE_ELEM, map_fd, key, value), 0);
}

int
bpf_bench_load(const struct bpf_insn *code, unsigned len)
{
	static char log[65536];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
	int fd;

	attr.insn_cnt = len;
	attr.insns = u64_of(code);
	attr.license = u64_of("BSD");
	attr.log_buf = u64_of(log);
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = bpf(BPF_PROG_LOAD, &attr);
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
	attr.test.data_in = u64_of(p);
	attr.test.data_size_in = (uint32_t)len;
	attr.test.repeat = times;
	if (bpf(BPF_PROG_TEST_RUN, &attr) != 0)
		return -1;
	*ns = attr.test.duration;
	return (int)attr.test.retval;
}
