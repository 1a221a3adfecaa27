/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_bpf.h"

#include <assert.h>
#include <netinet/in.h>

/* Registers: R6 the packet (what LD_ABS wants), R7 length of the IP header, R8 destination port, then the port's
 * index; R9 an address, then the port's first word. R1 to R5 do not outlive a load from the packet. */
enum {
	STACK_KEY = -4,
	STACK_SPORT = -8,
	STACK_SRC = -12,  /* folded */
	STACK_DST = -28,  /* IPv6: four words */
	STACK_SRC6 = -44, /* IPv6: four words */
	STACK_FENCE = -56,
	TCP_FLAGS = 13,
	SYN_MASK = 0x17,  /* FIN, SYN, RST, ACK */
	SYN_ONLY = 0x02,
	FRAGMENT_MASK = 0x1fff,
	IP6_BYTES = 40,
};

/* Jumps only go forward, so that a negative distance can stand for a place that is not known yet. */
enum label { TO_NO = -1, TO_YES = -2, TO_FOUND = -3, TO_NEXT = -4, TO_V6 = -5 };

struct prog {
	struct bpf_insn *code;
	unsigned len;
};

static void
put(struct prog *p, unsigned op, unsigned dst, unsigned src, int off, int32_t imm)
{
	assert(p->len < SYNGATE_BPF_MAX);
	p->code[p->len++] = (struct bpf_insn){ .code = (uint8_t)op, .dst_reg = dst & 15, .src_reg = src & 15,
		                               .off = (int16_t)off, .imm = imm };
}

/* Here is the place: all jumps to it from instruction `from` on get their distance. False: there are none. */
static bool
put_label(struct prog *p, enum label label, unsigned from)
{
	bool is_used = false;

	for (unsigned i = from; i < p->len; i++) {
		unsigned cls = BPF_CLASS(p->code[i].code);

		if ((cls == BPF_JMP || cls == BPF_JMP32) && p->code[i].off == (int)label) {
			p->code[i].off = (int16_t)(p->len - i - 1);
			is_used = true;
		}
	}
	return is_used;
}

static void
put_load(struct prog *p, unsigned size, int32_t at)
{
	put(p, BPF_LD | BPF_ABS | size, 0, 0, 0, at);
}

/* From the TCP header. */
static void
put_load_tcp(struct prog *p, unsigned size, int32_t at)
{
	put(p, BPF_LD | BPF_IND | size, 0, BPF_REG_7, 0, at);
}

static void
put_mov(struct prog *p, unsigned dst, unsigned src)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void
put_mov_imm(struct prog *p, unsigned dst, int32_t imm)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void
put_alu(struct prog *p, unsigned op, unsigned dst, int32_t imm)
{
	put(p, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

/* 32-bit, so that an address with its highest bit set is no negative number. */
static void
put_jump(struct prog *p, unsigned op, unsigned reg, uint32_t imm, enum label to)
{
	put(p, BPF_JMP32 | op | BPF_K, reg, 0, (int)to, (int32_t)imm);
}

static void
put_store(struct prog *p, int at, unsigned reg)
{
	put(p, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, reg, at, 0);
}

static void
put_read(struct prog *p, unsigned reg, int at)
{
	put(p, BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_10, at, 0);
}

/* R0 = the map's entry whose number lies at STACK_KEY. */
static void
put_lookup(struct prog *p, int map_fd)
{
	put_mov(p, BPF_REG_2, BPF_REG_10);
	put_alu(p, BPF_ADD, BPF_REG_2, STACK_KEY);
	put(p, BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_fd);
	put(p, 0, 0, 0, 0, 0);
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
}

/* Only SYNs go on, so that all other traffic costs three loads; R8 and STACK_SPORT get their ports. */
static void
put_tcp(struct prog *p)
{
	put_load_tcp(p, BPF_B, TCP_FLAGS);
	put_alu(p, BPF_AND, BPF_REG_0, SYN_MASK);
	put_jump(p, BPF_JNE, BPF_REG_0, SYN_ONLY, TO_NO);
	put_load_tcp(p, BPF_H, 0);
	put_store(p, STACK_SPORT, BPF_REG_0);
	put_load_tcp(p, BPF_H, 2);
	put_mov(p, BPF_REG_8, BPF_REG_0);
}

/* A comparison with each range of the family; whose it is, its index is in R8 at TO_FOUND. */
static void
put_ranges(struct prog *p, const struct gate_table *t, enum addr_family family)
{
	struct addr ip;
	uint16_t lo, hi;
	uint32_t first = 0;

	for (unsigned i = 0; gate_table_range(t, i, &ip, &lo, &hi); first += (uint32_t)(hi - lo) + 1, i++) {
		unsigned from = p->len;

		if (ip.family != family)
			continue;
		if (family == ADDR_V4)
			put_jump(p, BPF_JNE, BPF_REG_9, addr_word(&ip, 0), TO_NEXT);
		for (unsigned n = 0; family == ADDR_V6 && n < 4; n++) {
			put_read(p, BPF_REG_9, STACK_DST + 4 * (int)n);
			put_jump(p, BPF_JNE, BPF_REG_9, addr_word(&ip, n), TO_NEXT);
		}
		put_jump(p, BPF_JLT, BPF_REG_8, lo, TO_NEXT);
		put_jump(p, BPF_JGT, BPF_REG_8, hi, TO_NEXT);
		put_alu(p, BPF_ADD, BPF_REG_8, (int32_t)first - lo);
		put(p, BPF_JMP | BPF_JA, 0, 0, TO_FOUND, 0);
		(void)put_label(p, TO_NEXT, from);
	}
	put(p, BPF_JMP | BPF_JA, 0, 0, TO_NO, 0);
}

static void
put_v4(struct prog *p, const struct gate_table *t)
{
	put_load(p, BPF_B, 9);
	put_jump(p, BPF_JNE, BPF_REG_0, IPPROTO_TCP, TO_NO);
	put_alu(p, BPF_AND, BPF_REG_7, 15);
	put_alu(p, BPF_LSH, BPF_REG_7, 2);
	put_tcp(p); /* what it read of a later fragment does not matter */
	put_load(p, BPF_H, 6);
	put_alu(p, BPF_AND, BPF_REG_0, FRAGMENT_MASK);
	put_jump(p, BPF_JNE, BPF_REG_0, 0, TO_NO);
	put_load(p, BPF_W, 12);
	put_store(p, STACK_SRC, BPF_REG_0);
	put_load(p, BPF_W, 16);
	put_mov(p, BPF_REG_9, BPF_REG_0);
	put_ranges(p, t, ADDR_V4);
}

/* TCP directly behind the fixed header; others are rare enough for the queue. */
static void
put_v6(struct prog *p, const struct gate_table *t)
{
	put_load(p, BPF_B, 6);
	put_jump(p, BPF_JNE, BPF_REG_0, IPPROTO_TCP, TO_NO);
	put_mov_imm(p, BPF_REG_7, IP6_BYTES);
	put_tcp(p);
	put_mov_imm(p, BPF_REG_9, 0);
	for (int n = 0; n < 4; n++) {
		put_load(p, BPF_W, 8 + 4 * n);
		put_store(p, STACK_SRC6 + 4 * n, BPF_REG_0);
		put(p, BPF_ALU | BPF_XOR | BPF_X, BPF_REG_9, BPF_REG_0, 0, 0);
	}
	put_store(p, STACK_SRC, BPF_REG_9);
	for (int n = 0; n < 4; n++) {
		put_load(p, BPF_W, 24 + 4 * n);
		put_store(p, STACK_DST + 4 * n, BPF_REG_0);
	}
	put_ranges(p, t, ADDR_V6);
}

/* R0 = the words of the port in R8, R9 = the first of them, R2 = what stands at GATE_SIEVE_SHIFT. */
static void
put_words(struct prog *p, int words_fd)
{
	put_store(p, STACK_KEY, BPF_REG_8);
	put_lookup(p, words_fd);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, TO_NO, 0);
	put(p, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_9, BPF_REG_0, 0, 0);
	put_mov(p, BPF_REG_2, BPF_REG_9);
	put_alu(p, BPF_RSH, BPF_REG_2, GATE_SIEVE_SHIFT);
}

/* Goes there unless the packet has the source of the word, by its kind in R2. */
static void
put_compare(struct prog *p, enum label other)
{
	put_read(p, BPF_REG_3, STACK_SRC);
	put(p, BPF_JMP32 | BPF_JNE | BPF_X, BPF_REG_9, BPF_REG_3, (int)other, 0);
	put(p, BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_2, 0, 5, GATE_SIEVE_ADDR);
	put_mov(p, BPF_REG_1, BPF_REG_9);
	put_alu(p, BPF_RSH, BPF_REG_1, 32);
	put_alu(p, BPF_AND, BPF_REG_1, 0xffff);
	put_read(p, BPF_REG_3, STACK_SPORT);
	put(p, BPF_JMP32 | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_3, (int)other, 0);
}

/* May it never match? */
static void
put_drop(struct prog *p, int words_fd)
{
	put_words(p, words_fd);
	put_alu(p, BPF_AND, BPF_REG_2, GATE_SIEVE_KIND);
	put_jump(p, BPF_JEQ, BPF_REG_2, GATE_SIEVE_NOBODY, TO_YES);
	put_jump(p, BPF_JEQ, BPF_REG_2, GATE_SIEVE_ALL, TO_NO);
	put_compare(p, TO_YES);
	put(p, BPF_JMP | BPF_JA, 0, 0, TO_NO, 0);
}

/* An atomic addition that returns a value orders the loads before and after it, on every processor. */
static void
put_fence(struct prog *p)
{
	put_mov_imm(p, BPF_REG_1, 0);
	put(p, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, STACK_FENCE, 0);
	put(p, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_1, STACK_FENCE, BPF_ADD | BPF_FETCH);
}

/* The fold is not the address: all four of its words must be the packet's, and belong to the same rule as R9. */
static void
put_compare6(struct prog *p)
{
	put_fence(p);
	for (int n = 0; n < 4; n++) {
		put(p, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_0, (int)sizeof(uint64_t) + 4 * n, 0);
		put_read(p, BPF_REG_3, STACK_SRC6 + 4 * n);
		put(p, BPF_JMP32 | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_3, TO_NO, 0);
	}
	put_fence(p);
	put(p, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 0, 0);
	put(p, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_9, TO_NO, 0);
}

/* Must it match? */
static void
put_accept(struct prog *p, int words_fd, enum addr_family family)
{
	put_words(p, words_fd);
	put_mov(p, BPF_REG_1, BPF_REG_2);
	put_alu(p, BPF_AND, BPF_REG_1, GATE_SIEVE_SURE);
	put_jump(p, BPF_JEQ, BPF_REG_1, 0, TO_NO);
	put_alu(p, BPF_AND, BPF_REG_2, GATE_SIEVE_KIND);
	put_jump(p, BPF_JEQ, BPF_REG_2, GATE_SIEVE_ALL, TO_YES);
	put_compare(p, TO_NO);
	if (family == ADDR_V6)
		put_compare6(p);
	put(p, BPF_JMP | BPF_JA, 0, 0, TO_YES, 0);
}

static void
put_ends(struct prog *p, int count_fd, int entry)
{
	(void)put_label(p, TO_NO, 0);
	put_mov_imm(p, BPF_REG_0, 0);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

	(void)put_label(p, TO_YES, 0);
	put(p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, STACK_KEY, entry);
	put_lookup(p, count_fd);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 3, 0);
	put(p, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 0, 0);
	put_alu(p, BPF_ADD, BPF_REG_1, 1);
	put(p, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, 0, 0);
	put_mov_imm(p, BPF_REG_0, 1);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void
put_answer(struct prog *p, enum syngate_bpf_question q, int words_fd, enum addr_family family)
{
	if (!put_label(p, TO_FOUND, 0)) /* the kernel takes no program with a part that nothing leads to */
		return;
	if (q == SYNGATE_BPF_DROP)
		put_drop(p, words_fd);
	else
		put_accept(p, words_fd, family);
}

unsigned
syngate_bpf_write(const struct gate_table *t, enum syngate_bpf_question q, int words_fd, int count_fd,
                  struct bpf_insn code[SYNGATE_BPF_MAX])
{
	struct prog p = { .code = code };

	put_mov(&p, BPF_REG_6, BPF_REG_1);
	put_load(&p, BPF_B, 0);
	put_mov(&p, BPF_REG_7, BPF_REG_0); /* until its length is known */
	put_alu(&p, BPF_RSH, BPF_REG_0, 4);
	put_jump(&p, BPF_JEQ, BPF_REG_0, 6, TO_V6);
	put_jump(&p, BPF_JNE, BPF_REG_0, 4, TO_NO);
	put_v4(&p, t);
	put_answer(&p, q, words_fd, ADDR_V4);
	(void)put_label(&p, TO_V6, 0);
	put_v6(&p, t);
	put_answer(&p, q, words_fd, ADDR_V6);
	put_ends(&p, count_fd, (int)q);
	return p.len;
}

unsigned
syngate_bpf_write_switch(int progs_fd, struct bpf_insn code[SYNGATE_BPF_SWITCH])
{
	struct prog p = { .code = code };

	put(&p, BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, progs_fd);
	put(&p, 0, 0, 0, 0, 0);
	put_mov_imm(&p, BPF_REG_3, 0);
	put(&p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
	put_mov_imm(&p, BPF_REG_0, 0);
	put(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	assert(p.len == SYNGATE_BPF_SWITCH);
	return p.len;
}
