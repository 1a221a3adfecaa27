/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of bpf(2) that the sieve needs, where libbpf would be a library for four of them. Descriptors are the
 * caller's to close; what fails returns -1 and leaves errno. */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* A map with 32-bit keys. */
int bpf_map(enum bpf_map_type type, size_t value_size, uint32_t entries, uint32_t flags);
/* One entry; of a map that counts by CPU, value has room for all possible ones. */
int bpf_map_read(int map_fd, uint32_t key, void *value);
int bpf_map_write(int map_fd, uint32_t key, const void *value);
/* A program of the kind of socket filters. The verifier's words go to log (cap bytes) unless that is NULL. */
int bpf_load(const struct bpf_insn *code, unsigned len, char *log, size_t cap);
