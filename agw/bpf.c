/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/bpf.h"

#include <sys/syscall.h>
#include <unistd.h>

static int
call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static uint64_t
u64_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int
bpf_map(enum bpf_map_type type, size_t value_size, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr = { .map_type = type };

	attr.key_size = sizeof(uint32_t);
	attr.value_size = (uint32_t)value_size;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return call(BPF_MAP_CREATE, &attr);
}

static int
access_entry(enum bpf_cmd cmd, int map_fd, uint32_t key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map_fd;
	attr.key = u64_of(&key);
	attr.value = u64_of(value);
	return call(cmd, &attr);
}

int
bpf_map_read(int map_fd, uint32_t key, void *value)
{
	return access_entry(BPF_MAP_LOOKUP_ELEM, map_fd, key, value);
}

int
bpf_map_write(int map_fd, uint32_t key, const void *value)
{
	return access_entry(BPF_MAP_UPDATE_ELEM, map_fd, key, value);
}

int
bpf_load(const struct bpf_insn *code, unsigned len, char *log, size_t cap)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	attr.insn_cnt = len;
	attr.insns = u64_of(code);
	attr.license = u64_of("BSD");
	attr.log_buf = u64_of(log);
	attr.log_size = log ? (uint32_t)cap : 0;
	attr.log_level = log ? 1 : 0;
	return call(BPF_PROG_LOAD, &attr);
}
