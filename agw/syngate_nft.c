/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_bpf.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	PRIORITY = -310, /* before the raw table (-300), so before connection tracking as well */
	BATCH_BYTES = 4096,
	ANSWER_BYTES = 4096,
	ANSWER_S = 5,
	TCP_WORD_AT = 12, /* in a TCP header: offset, flags, window */
	TCP_FLAGS_SHIFT = 16,
};

static struct nlmsghdr *
put_message(struct mnl_nlmsg_batch *b, int type, uint16_t flags, uint8_t family, uint16_t res)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(b));
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	*nfg = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(res) };
	return nlh;
}

static struct nlmsghdr *
put_change(struct mnl_nlmsg_batch *b, int what)
{
	return put_message(b, NFNL_SUBSYS_NFTABLES << 8 | what, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET, 0);
}

static void
put_bound(struct mnl_nlmsg_batch *b, int which)
{
	put_message(b, which, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	mnl_nlmsg_batch_next(b);
}

/* ---- expressions of rules ---- */

struct expr {
	struct nlattr *elem, *data;
};

static struct expr
begin_expr(struct nlmsghdr *nlh, const char *name)
{
	struct expr e = { .elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM) };

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	return e;
}

static void
end_expr(struct nlmsghdr *nlh, struct expr e)
{
	mnl_attr_nest_end(nlh, e.data);
	mnl_attr_nest_end(nlh, e.elem);
}

static void
put_value(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put_u32(nlh, NFTA_DATA_VALUE, htonl(value));
	mnl_attr_nest_end(nlh, nest);
}

/* The rule goes on for SYNs, and for what has such octets there without being TCP: the program looks again. Asking it
 * about every packet is felt by connections that are up. For whole words the kernel has ways of its own. */
static void
put_is_syn(struct nlmsghdr *nlh)
{
	struct expr e = begin_expr(nlh, "payload");

	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_TRANSPORT_HEADER));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_OFFSET, htonl(TCP_WORD_AT));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_LEN, htonl(sizeof(uint32_t)));
	end_expr(nlh, e);
	e = begin_expr(nlh, "bitwise");
	mnl_attr_put_u32(nlh, NFTA_BITWISE_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_BITWISE_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_BITWISE_LEN, htonl(sizeof(uint32_t)));
	put_value(nlh, NFTA_BITWISE_MASK, (TH_FIN | TH_SYN | TH_RST | TH_ACK) << TCP_FLAGS_SHIFT);
	put_value(nlh, NFTA_BITWISE_XOR, 0);
	end_expr(nlh, e);
	e = begin_expr(nlh, "cmp");
	mnl_attr_put_u32(nlh, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_CMP_OP, htonl(NFT_CMP_EQ));
	put_value(nlh, NFTA_CMP_DATA, TH_SYN << TCP_FLAGS_SHIFT);
	end_expr(nlh, e);
}

/* match bpf, by the program's descriptor */
static void
put_match(struct nlmsghdr *nlh, int prog_fd)
{
	struct xt_bpf_info_v1 info = { .mode = XT_BPF_MODE_FD_ELF, .fd = prog_fd };
	struct expr e = begin_expr(nlh, "match");

	mnl_attr_put_strz(nlh, NFTA_MATCH_NAME, "bpf");
	mnl_attr_put_u32(nlh, NFTA_MATCH_REV, htonl(1));
	mnl_attr_put(nlh, NFTA_MATCH_INFO, sizeof(info), &info);
	end_expr(nlh, e);
}

static void
put_verdict(struct nlmsghdr *nlh, uint32_t code)
{
	struct expr e = begin_expr(nlh, "immediate");
	struct nlattr *data, *verdict;

	mnl_attr_put_u32(nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	data = mnl_attr_nest_start(nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl(code));
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, data);
	end_expr(nlh, e);
}

static void
put_queue(struct nlmsghdr *nlh, uint16_t num, uint16_t count)
{
	struct xt_NFQ_info_v3 info = { .queuenum = num, .queues_total = count };
	struct expr e = begin_expr(nlh, "target");

	mnl_attr_put_strz(nlh, NFTA_TARGET_NAME, "NFQUEUE");
	mnl_attr_put_u32(nlh, NFTA_TARGET_REV, htonl(3));
	mnl_attr_put(nlh, NFTA_TARGET_INFO, sizeof(info), &info);
	end_expr(nlh, e);
}

/* What a rule does with whom: the program's yeses get the verdict; without a program all are queued. */
struct action {
	int prog_fd; /* -1: none */
	bool syns_only; /* other packets come by as well: the program is not asked about them */
	uint32_t verdict;
	uint16_t queue_num, queue_count;
};

/* Before the chain's other rules. */
static void
put_rule(struct mnl_nlmsg_batch *b, const char *table, const char *chain, const struct action *act)
{
	struct nlmsghdr *nlh = put_change(b, NFT_MSG_NEWRULE);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	nest = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	if (act->prog_fd >= 0) {
		if (act->syns_only)
			put_is_syn(nlh);
		put_match(nlh, act->prog_fd);
		put_verdict(nlh, act->verdict);
	} else {
		put_queue(nlh, act->queue_num, act->queue_count);
	}
	mnl_attr_nest_end(nlh, nest);
	mnl_nlmsg_batch_next(b);
}

/* A table of ours alone with a chain before all others. */
static void
put_owned(struct mnl_nlmsg_batch *b, const char *name, const char *chain)
{
	struct nlmsghdr *nlh = put_change(b, NFT_MSG_NEWTABLE);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	mnl_nlmsg_batch_next(b);
	nlh = put_change(b, NFT_MSG_NEWCHAIN);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(NF_INET_PRE_ROUTING));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)PRIORITY));
	mnl_attr_nest_end(nlh, nest);
	mnl_nlmsg_batch_next(b);
}

static int
await_answers(struct mnl_socket *sock, unsigned messages)
{
	char buf[ANSWER_BYTES];

	for (unsigned acks = 0; acks < messages; ) {
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

/* A rule, in a new table of ours or in one that is there: one transaction. */
static int
install(struct mnl_socket *sock, bool is_owned, const char *table, const char *chain, const struct action *act)
{
	char *buf = calloc(1, 2 * BATCH_BYTES);
	struct mnl_nlmsg_batch *b = buf ? mnl_nlmsg_batch_start(buf, BATCH_BYTES) : NULL;
	int err = -ENOMEM;

	if (b) {
		put_bound(b, NFNL_MSG_BATCH_BEGIN);
		if (is_owned)
			put_owned(b, table, chain);
		put_rule(b, table, chain, act);
		put_bound(b, NFNL_MSG_BATCH_END);
		err = mnl_socket_sendto(sock, mnl_nlmsg_batch_head(b), mnl_nlmsg_batch_size(b)) < 0 ? -errno : 0;
		mnl_nlmsg_batch_stop(b);
	}
	free(buf);
	return err ? err : await_answers(sock, is_owned ? 3 : 1);
}

static int
open_socket(struct mnl_socket **sock)
{
	struct timeval patience = { .tv_sec = ANSWER_S };
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int err;

	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0) {
		*sock = s;
		return 0;
	}
	err = -errno;
	syngate_nft_close(s);
	return err;
}

int
syngate_nft_open(struct mnl_socket **sock, const char *table, int prog_fd)
{
	const struct action drop = { .prog_fd = prog_fd, .syns_only = true, .verdict = NF_DROP };
	struct mnl_socket *s;
	int err = open_socket(&s);

	if (err)
		return err;
	err = install(s, true, table, "early", &drop);
	if (err)
		syngate_nft_close(s);
	else
		*sock = s;
	return err;
}

void
syngate_nft_close(struct mnl_socket *sock)
{
	if (sock)
		mnl_socket_close(sock);
}

static int
insert(const char *table, const char *chain, const struct action *act)
{
	struct mnl_socket *s;
	int err = open_socket(&s);

	if (err)
		return err;
	err = install(s, false, table, chain, act);
	syngate_nft_close(s);
	return err;
}

int
syngate_nft_accept(const char *table, const char *chain, int prog_fd)
{
	const struct action accept = { .prog_fd = prog_fd, .verdict = NF_ACCEPT };

	return insert(table, chain, &accept);
}

int
syngate_nft_queue(const char *table, const char *chain, uint16_t num, uint16_t count)
{
	const struct action queue = { .prog_fd = -1, .queue_num = num, .queue_count = count };

	return insert(table, chain, &queue);
}
