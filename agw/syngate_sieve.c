/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_sieve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agw/syngate_bpf.h"
#include "proto/base/log.h"

enum {
	PRIORITY = -310, /* before the raw table (-300), so before connection tracking as well */
	BATCH_BYTES = 4096,
	ANSWER_BYTES = 4096,
	MESSAGES = 3,    /* those that are acknowledged */
	CPUS_MAX = 4096,
};

struct syngate_sieve {
	struct gate_table *table;
	int words_fd, count_fd, prog_fd;
	_Atomic uint64_t *words; /* shared with the kernel */
	size_t words_bytes;
	unsigned cpus;           /* possible ones: so many counts has one entry */
	struct mnl_socket *sock; /* owns the nftables table */
};

/* -- BPF -- */

static int
bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int
make_map(enum bpf_map_type type, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr = { .map_type = type };

	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(uint64_t);
	attr.max_entries = entries;
	attr.map_flags = flags;
	return bpf(BPF_MAP_CREATE, &attr);
}

static uint64_t
u64_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int
load_prog(const struct syngate_sieve *s)
{
	struct bpf_insn *code = calloc(SYNGATE_BPF_MAX, sizeof(*code));
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
	int fd;

	if (!code)
		return -1;
	attr.insn_cnt = syngate_bpf_write(s->table, s->words_fd, s->count_fd, code);
	attr.insns = u64_of(code);
	attr.license = u64_of("BSD");
	fd = bpf(BPF_PROG_LOAD, &attr);
	free(code);
	return fd;
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
make(struct syngate_sieve *s)
{
	uint32_t ports = gate_table_ports(s->table);
	void *p;

	s->cpus = count_cpus();
	if (!ports || !s->cpus)
		return -1;
	s->words_bytes = ports * sizeof(uint64_t);
	s->words_fd = make_map(BPF_MAP_TYPE_ARRAY, ports, BPF_F_MMAPABLE);
	s->count_fd = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, 1, 0);
	if (s->words_fd < 0 || s->count_fd < 0)
		return -1;
	p = mmap(NULL, s->words_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->words_fd, 0);
	if (p == MAP_FAILED)
		return -1;
	s->words = p;
	s->prog_fd = load_prog(s);
	return s->prog_fd;
}

struct syngate_sieve *
syngate_sieve_new(const struct syngate_conf *conf, struct gate_table *t)
{
	struct syngate_sieve *s;

	if (conf->kind != SYNGATE_AUTO && conf->kind != SYNGATE_NFQUEUE)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s) {
		s->table = t;
		s->words_fd = s->count_fd = s->prog_fd = -1;
	}
	if (!s || make(s) < 0) {
		log_info("syn gate without a sieve: no BPF program (errno %d)%s", errno,
		         errno == EPERM ? ", CAP_BPF is missing" : "");
		syngate_sieve_free(s);
		return NULL;
	}
	gate_table_mirror(t, s->words, conf->park);
	return s;
}

void
syngate_sieve_free(struct syngate_sieve *s)
{
	const int none = -1;

	if (!s)
		return;
	syngate_sieve_detach(s);
	gate_table_mirror(s->table, NULL, false);
	if (s->words)
		(void)munmap((void *)(uintptr_t)s->words, s->words_bytes);
	for (int i = 0; i < 3; i++) {
		int fd = i == 0 ? s->words_fd : i == 1 ? s->count_fd : s->prog_fd;

		if (fd > none)
			(void)close(fd);
	}
	free(s);
}

uint64_t
syngate_sieve_drops(const struct syngate_sieve *s)
{
	uint64_t *each = calloc(s->cpus, sizeof(*each)), sum = 0;
	const uint32_t key = 0;
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)s->count_fd;
	attr.key = u64_of(&key);
	attr.value = u64_of(each);
	if (each && bpf(BPF_MAP_LOOKUP_ELEM, &attr) == 0)
		for (unsigned i = 0; i < s->cpus; i++)
			sum += each[i];
	free(each);
	return sum;
}

/* -- the rule -- */

static struct nlmsghdr *
put_message(struct mnl_nlmsg_batch *b, int type, uint16_t flags, uint8_t family, uint16_t res, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(b));
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = seq;
	*nfg = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(res) };
	return nlh;
}

static struct nlmsghdr *
put_change(struct mnl_nlmsg_batch *b, int what, uint32_t seq)
{
	return put_message(b, NFNL_SUBSYS_NFTABLES << 8 | what, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET, 0, seq);
}

/* match bpf, by the program's descriptor */
static void
put_match(struct nlmsghdr *nlh, int prog_fd)
{
	struct xt_bpf_info_v1 info = { .mode = XT_BPF_MODE_FD_ELF, .fd = prog_fd };
	struct nlattr *elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM), *data;

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "match");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(nlh, NFTA_MATCH_NAME, "bpf");
	mnl_attr_put_u32(nlh, NFTA_MATCH_REV, htonl(1));
	mnl_attr_put(nlh, NFTA_MATCH_INFO, sizeof(info), &info);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
}

static void
put_drop(struct nlmsghdr *nlh)
{
	struct nlattr *elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM), *expr, *data, *verdict;

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "immediate");
	expr = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	data = mnl_attr_nest_start(nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl(NF_DROP));
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, expr);
	mnl_attr_nest_end(nlh, elem);
}

/* Table, chain and rule in one transaction. */
static void
put_all(struct mnl_nlmsg_batch *b, const char *name, int prog_fd)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	put_message(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
	mnl_nlmsg_batch_next(b);
	nlh = put_change(b, NFT_MSG_NEWTABLE, 1);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	mnl_nlmsg_batch_next(b);
	nlh = put_change(b, NFT_MSG_NEWCHAIN, 2);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "early");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(NF_INET_PRE_ROUTING));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)PRIORITY));
	mnl_attr_nest_end(nlh, nest);
	mnl_nlmsg_batch_next(b);
	nlh = put_change(b, NFT_MSG_NEWRULE, 3);
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, name);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, "early");
	nest = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	put_match(nlh, prog_fd);
	put_drop(nlh);
	mnl_attr_nest_end(nlh, nest);
	mnl_nlmsg_batch_next(b);
	put_message(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
	mnl_nlmsg_batch_next(b);
}

static int
await_answers(struct mnl_socket *sock)
{
	char buf[ANSWER_BYTES];

	for (unsigned acks = 0; acks < MESSAGES; ) {
		ssize_t n = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)buf;
		int left = (int)n;

		if (n < 0)
			return -errno;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(nlh) < sizeof(answer->error))
				continue;
			if (answer->error)
				return answer->error;
			acks++;
		}
	}
	return 0;
}

static int
install(struct syngate_sieve *s, const char *name)
{
	struct timeval patience = { .tv_sec = 5 };
	char *buf = calloc(1, 2 * BATCH_BYTES);
	struct mnl_nlmsg_batch *b = buf ? mnl_nlmsg_batch_start(buf, BATCH_BYTES) : NULL;
	int err = -ENOMEM;

	if (b) {
		put_all(b, name, s->prog_fd);
		err = 0;
		if (setsockopt(mnl_socket_get_fd(s->sock), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
		    mnl_socket_sendto(s->sock, mnl_nlmsg_batch_head(b), mnl_nlmsg_batch_size(b)) < 0)
			err = -errno;
		mnl_nlmsg_batch_stop(b);
	}
	free(buf);
	return err ? err : await_answers(s->sock);
}

int
syngate_sieve_attach(struct syngate_sieve *s, uint16_t num, char *why)
{
	char name[32];
	int err;

	snprintf(name, sizeof(name), "ims_sieve_%u", num);
	s->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	err = s->sock && mnl_socket_bind(s->sock, 0, MNL_SOCKET_AUTOPID) == 0 ? install(s, name) : -errno;
	if (!err)
		return 0;
	snprintf(why, SYNGATE_WHY_MAX, "no nftables rule with a BPF program (errno %d)", -err);
	syngate_sieve_detach(s);
	return ERR_UNSUPPORTED;
}

void
syngate_sieve_detach(struct syngate_sieve *s)
{
	if (s->sock)
		mnl_socket_close(s->sock);
	s->sock = NULL;
}
