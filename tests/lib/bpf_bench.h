/* SPDX-License-Identifier: BSD-2-Clause */
/* BPF programs, run by the kernel on packets made here. */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/addr.h"

enum { BPF_BENCH_PACKET = 128, BPF_BENCH_ETH = 14 };

/* "HOST:PORT"; anything else ends the test. */
struct addr bpf_bench_addr(const char *hostport);
/* A socket filter's descriptor; a program that the kernel does not take ends the test. */
int bpf_bench_load(const struct bpf_insn *code, unsigned len);
/* An Ethernet frame with a bare TCP header; returns its length. */
size_t bpf_bench_packet(uint8_t p[BPF_BENCH_PACKET], const struct addr *dst, const struct addr *src, uint8_t tcp_flags);
/* What the program returns, the last time, and how long it took on average; negative when it cannot be run. */
int bpf_bench_run(int prog_fd, const uint8_t *p, size_t len, uint32_t times, uint32_t *ns);
