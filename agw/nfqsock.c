/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/nfqsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <string.h>

#include "agw/gate.h"
#include "agw/syn_parse.h"

enum {
	/* The socket's buffer is the limit of what may wait (about 10,000 SYNs), since the kernel counts exactly what
	 * does not fit there; the length of its own queue is therefore out of the way. */
	SOCKET_BYTES = 8 << 20,
	QUEUE_LEN = 1 << 20,
};

/* Asks for one configuration attribute of the queue; with ack the answer is awaited by whoever reads. */
static int
send_config(struct nfqsock *q, uint16_t attr, const void *value, size_t len, uint16_t flags)
{
	char buf[256];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->num);

	nlh->nlmsg_flags |= flags;
	mnl_attr_put(nlh, attr, len, value);
	return mnl_socket_sendto(q->sock, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/* Sends it and waits for the kernel's answer: 0 or a negative errno. Before the thread runs only. */
static int
configure(struct nfqsock *q, uint16_t attr, const void *value, size_t len)
{
	char buf[1024];
	int err = send_config(q, attr, value, len, NLM_F_ACK), more = MNL_CB_OK;

	/* Rules of a crashed run may bring SYNs before the answer; they fall under the first drop. */
	while (!err && more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(q->sock, buf, sizeof(buf));

		if (n >= 0)
			more = mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(q->sock), NULL, NULL);
		if (n < 0 || more < 0)
			err = -errno;
	}
	return err;
}

static int
open_socket(struct nfqsock *q)
{
	struct timeval wake = { .tv_sec = NFQSOCK_WAKE_S };
	int bytes = SOCKET_BYTES, on = 1, fd;

	q->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!q->sock || mnl_socket_bind(q->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(q->sock);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	/* Without this one overflow would shut the socket until it is empty again. */
	(void)mnl_socket_setsockopt(q->sock, NETLINK_NO_ENOBUFS, &on, sizeof(on));
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wake, sizeof(wake)) < 0 ? -errno : 0;
}

int
nfqsock_open(struct nfqsock *q, uint16_t num, char *why)
{
	struct nfqnl_msg_config_cmd bind_cmd = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params params = { .copy_range = htonl(SYN_PARSE_BYTES),
		                                  .copy_mode = NFQNL_COPY_PACKET };
	uint32_t maxlen = htonl(QUEUE_LEN);
	int err;

	q->num = num;
	err = open_socket(q);
	if (err) {
		snprintf(why, SYNGATE_WHY_MAX, "no netlink socket for netfilter (errno %d)", -err);
		return ERR_UNSUPPORTED;
	}
	err = configure(q, NFQA_CFG_CMD, &bind_cmd, sizeof(bind_cmd));
	q->bound = err == 0;
	if (!err)
		err = configure(q, NFQA_CFG_QUEUE_MAXLEN, &maxlen, sizeof(maxlen));
	if (!err) /* from here on packets come */
		err = configure(q, NFQA_CFG_PARAMS, &params, sizeof(params));
	if (!err)
		return 0;
	snprintf(why, SYNGATE_WHY_MAX, "queue %u cannot be bound: %s (errno %d)", q->num,
	         err == -EPERM ? "CAP_NET_ADMIN is missing, or the queue has another reader" :
	                         "the kernel may lack nfnetlink_queue", -err);
	return ERR_UNSUPPORTED;
}

void
nfqsock_unbind(struct nfqsock *q)
{
	struct nfqnl_msg_config_cmd unbind = { .command = NFQNL_CFG_CMD_UNBIND };

	if (q->bound)
		(void)send_config(q, NFQA_CFG_CMD, &unbind, sizeof(unbind), NLM_F_ACK);
	q->bound = false;
}

void
nfqsock_close(struct nfqsock *q)
{
	if (q->sock)
		mnl_socket_close(q->sock);
	q->sock = NULL;
}

int
nfqsock_fd(const struct nfqsock *q)
{
	return mnl_socket_get_fd(q->sock);
}

static int
note_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	uint16_t type = mnl_attr_get_type(attr);

	if (type == NFQA_PACKET_HDR || type == NFQA_PAYLOAD)
		attrs[type] = attr;
	return MNL_CB_OK;
}

bool
nfqsock_parse(const struct nlmsghdr *nlh, struct nfqsock_packet *p)
{
	const struct nlattr *attrs[NFQA_MAX + 1] = { NULL };
	const struct nlattr *head, *payload;
	struct nfqnl_msg_packet_hdr ph;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(struct nfgenmsg)))
		return false;
	if (mnl_attr_parse(nlh, sizeof(struct nfgenmsg), note_attr, attrs) < 0)
		return false;
	head = attrs[NFQA_PACKET_HDR];
	payload = attrs[NFQA_PAYLOAD];
	if (!head || mnl_attr_get_payload_len(head) < sizeof(ph))
		return false;
	memcpy(&ph, mnl_attr_get_payload(head), sizeof(ph));
	p->id = ntohl(ph.packet_id);
	p->data = payload ? mnl_attr_get_payload(payload) : NULL;
	p->len = payload ? mnl_attr_get_payload_len(payload) : 0;
	return true;
}

size_t
nfqsock_put_verdict(const struct nfqsock *q, char *out, int type, uint32_t id, unsigned verdict)
{
	struct nlmsghdr *nlh = nfq_nlmsg_put(out, type, q->num);
	struct nfqnl_msg_verdict_hdr vh = { .verdict = htonl(verdict), .id = htonl(id) };

	mnl_attr_put(nlh, NFQA_VERDICT_HDR, sizeof(vh), &vh);
	return nlh->nlmsg_len;
}

/* Packets that the kernel dropped because the socket's buffer was full. */
uint64_t
nfqsock_overflows(const struct nfqsock *q)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(mnl_socket_get_fd(q->sock), SOL_SOCKET, SO_MEMINFO, mem, &len) != 0)
		return 0;
	return mem[SK_MEMINFO_DROPS];
}
