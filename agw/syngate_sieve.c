/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_sieve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agw/bpf.h"
#include "agw/syngate_bpf.h"
#include "agw/syngate_nft.h"
#include "proto/base/log.h"

enum { CPUS_MAX = 4096 };

/* The descriptors that a sieve has. */
enum handle {
	WORDS,  /* map: GATE_SIEVE_WORDS words a port */
	COUNTS, /* map: the programs' yeses */
	DROPS,  /* program */
	ACCEPT, /* program, in PROGS only */
	PROGS,  /* map: SWITCH calls what is in it, as long as we have it open */
	SWITCH, /* program */
	HANDLES,
};

struct syngate_sieve {
	struct gate_table *table;
	int fds[HANDLES];        /* or -1 */
	_Atomic uint64_t *words; /* shared with the kernel */
	size_t words_bytes;
	unsigned cpus;           /* possible ones: so many counts has one entry */
	struct mnl_socket *sock; /* owns the nftables table that drops */
};

/* -- maps and programs -- */

static int
load_answer(const struct syngate_sieve *s, enum syngate_bpf_question q)
{
	struct bpf_insn *code = calloc(SYNGATE_BPF_MAX, sizeof(*code));
	int fd;

	if (!code)
		return -1;
	fd = bpf_load(code, syngate_bpf_write(s->table, q, s->fds[WORDS], s->fds[COUNTS], code), NULL, 0);
	free(code);
	return fd;
}

static void
close_handle(struct syngate_sieve *s, enum handle h)
{
	if (s->fds[h] >= 0)
		(void)close(s->fds[h]);
	s->fds[h] = -1;
}

/* "0-3", as the kernel lists the CPUs that may ever be. */
static unsigned
count_cpus(void)
{
	unsigned last = 0;
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");

	if (!f)
		return 0;
	if (fscanf(f, "0-%u", &last) < 0)
		last = CPUS_MAX;
	(void)fclose(f);
	return last < CPUS_MAX ? last + 1 : 0;
}

static int
make_drops(struct syngate_sieve *s)
{
	uint32_t ports = gate_table_ports(s->table);
	size_t port_bytes = GATE_SIEVE_WORDS * sizeof(uint64_t);
	void *p;

	s->cpus = count_cpus();
	if (!ports || !s->cpus)
		return -1;
	s->words_bytes = ports * port_bytes;
	s->fds[WORDS] = bpf_map(BPF_MAP_TYPE_ARRAY, port_bytes, ports, BPF_F_MMAPABLE);
	s->fds[COUNTS] = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint64_t), SYNGATE_BPF_QUESTIONS, 0);
	if (s->fds[WORDS] < 0 || s->fds[COUNTS] < 0)
		return -1;
	p = mmap(NULL, s->words_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fds[WORDS], 0);
	if (p == MAP_FAILED)
		return -1;
	s->words = p;
	s->fds[DROPS] = load_answer(s, SYNGATE_BPF_DROP);
	return s->fds[DROPS];
}

static int
make_accept(struct syngate_sieve *s)
{
	struct bpf_insn code[SYNGATE_BPF_SWITCH];

	s->fds[ACCEPT] = load_answer(s, SYNGATE_BPF_ACCEPT);
	s->fds[PROGS] = bpf_map(BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t), 1, 0);
	if (s->fds[ACCEPT] < 0 || s->fds[PROGS] < 0)
		return -1;
	if (bpf_map_write(s->fds[PROGS], 0, &s->fds[ACCEPT]) != 0)
		return -1;
	s->fds[SWITCH] = bpf_load(code, syngate_bpf_write_switch(s->fds[PROGS], code), NULL, 0);
	return s->fds[SWITCH];
}

struct syngate_sieve *
syngate_sieve_new(const struct syngate_conf *conf, struct gate_table *t)
{
	struct syngate_sieve *s;

	if (conf->kind == SYNGATE_OFF)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s) {
		s->table = t;
		for (int i = 0; i < HANDLES; i++)
			s->fds[i] = -1;
	}
	if (!s || make_drops(s) < 0) {
		log_info("syn gate without a sieve: no BPF program (errno %d)%s", errno,
		         errno == EPERM ? ", CAP_BPF is missing" : "");
		syngate_sieve_free(s);
		return NULL;
	}
	if (make_accept(s) < 0)
		log_info("syn gate: no BPF program that accepts (errno %d), the queue does", errno);
	gate_table_mirror(t, s->words, conf->park);
	return s;
}

void
syngate_sieve_free(struct syngate_sieve *s)
{
	if (!s)
		return;
	syngate_sieve_detach(s);
	gate_table_mirror(s->table, NULL, false);
	if (s->words)
		(void)munmap((void *)(uintptr_t)s->words, s->words_bytes);
	for (int i = 0; i < HANDLES; i++)
		close_handle(s, (enum handle)i);
	free(s);
}

static uint64_t
count_of(const struct syngate_sieve *s, enum syngate_bpf_question q)
{
	uint64_t *each = calloc(s->cpus, sizeof(*each)), sum = 0;

	if (each && bpf_map_read(s->fds[COUNTS], q, each) == 0)
		for (unsigned i = 0; i < s->cpus; i++)
			sum += each[i];
	free(each);
	return sum;
}

void
syngate_sieve_read_counters(const struct syngate_sieve *s, struct gate_counters *c)
{
	c->sieved = count_of(s, SYNGATE_BPF_DROP);
	c->passed = count_of(s, SYNGATE_BPF_ACCEPT);
	c->dropped += c->sieved;
	c->accepted += c->passed;
	c->syns += c->sieved + c->passed;
}

/* -- rules -- */

int
syngate_sieve_attach(struct syngate_sieve *s, uint16_t num, char *why)
{
	char name[32];
	int err;

	snprintf(name, sizeof(name), "ims_sieve_%u", num);
	err = syngate_nft_open(&s->sock, name, s->fds[DROPS]);
	if (!err)
		return 0;
	snprintf(why, SYNGATE_WHY_MAX, "no nftables rule with a BPF program (errno %d)", -err);
	return ERR_UNSUPPORTED;
}

int
syngate_sieve_accept(struct syngate_sieve *s, const char *table, const char *chain, char *why)
{
	int err = s->fds[SWITCH] < 0 ? -EOPNOTSUPP : syngate_nft_accept(table, chain, s->fds[SWITCH]);

	if (!err)
		return 0;
	snprintf(why, SYNGATE_WHY_MAX, "no rule that accepts (errno %d)", -err);
	return ERR_UNSUPPORTED;
}

void
syngate_sieve_detach(struct syngate_sieve *s)
{
	close_handle(s, PROGS);
	syngate_nft_close(s->sock);
	s->sock = NULL;
}
