/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_nfq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agw/syn_parse.h"
#include "agw/syngate_pace.h"
#include "proto/base/log.h"

enum {
	BATCH = 64,            /* packets a system call */
	PACKET_BYTES = 1024,   /* a queued packet with its netlink attributes is below 400 */
	VERDICT_BYTES = 64,    /* one verdict message; 32 are used */
	VERDICTS = BATCH + 3,
	/* The socket's buffer is the limit of what may wait (about 10,000 SYNs), since the kernel counts exactly what
	 * does not fit there; the length of its own queue is therefore out of the way. */
	SOCKET_BYTES = 8 << 20,
	QUEUE_LEN = 1 << 20,
	WAKE_S = 1, /* should the wake-up at the end not come */
	NAP_NS = 200 * 1000, /* see syngate_pace.h */
};

struct queue {
	uint16_t num;
	bool bound, running;
	struct mnl_socket *sock;
	const struct gate_table *table;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t accepted, dropped, foreign; /* written by the thread only */
	uint8_t in[BATCH][PACKET_BYTES];
	char out[VERDICTS * VERDICT_BYTES];
	size_t out_len;
};

struct syngate_nfq {
	unsigned queues_len;
	struct queue queues[];
};

static void
bump(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Appends a message about packet id to q->out. */
static void
put_verdict(struct queue *q, int type, uint32_t id, int verdict)
{
	struct nlmsghdr *nlh = nfq_nlmsg_put(q->out + q->out_len, type, q->num);
	struct nfqnl_msg_verdict_hdr vh = { .verdict = htonl((uint32_t)verdict), .id = htonl(id) };

	mnl_attr_put(nlh, NFQA_VERDICT_HDR, sizeof(vh), &vh);
	q->out_len += nlh->nlmsg_len; /* a multiple of 4 */
}

/* A packet's verdict, and its count. */
static enum gate_verdict
judge(struct queue *q, const uint8_t *pkt, size_t len)
{
	struct syn_packet syn;
	enum gate_verdict v;

	if (syn_parse(pkt, len, &syn) != 0 || !syn.is_syn) {
		bump(&q->foreign);
		return GATE_DROP;
	}
	v = gate_table_decide(q->table, &syn.dst, &syn.src);
	if (v == GATE_ACCEPT)
		bump(&q->accepted);
	else if (gate_table_has(q->table, &syn.dst))
		bump(&q->dropped);
	else
		bump(&q->foreign);
	return v;
}

/* What one read brought, while its verdicts are being collected. */
struct batch {
	bool drops;       /* packets up to drop_id wait for their drop */
	uint32_t drop_id;
};

/* One message drops everything up to id. It can only hit packets that were judged so (the kernel hands them out in
 * order, and each accepted one has its own verdict before) or that could not be read: it fails closed. */
static void
flush_drops(struct queue *q, struct batch *b)
{
	if (b->drops)
		put_verdict(q, NFQNL_MSG_VERDICT_BATCH, b->drop_id, NF_DROP);
	b->drops = false;
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

static void
take_packet(struct queue *q, struct batch *b, const struct nlmsghdr *nlh)
{
	const struct nlattr *attrs[NFQA_MAX + 1] = { NULL };
	const struct nlattr *head, *payload;
	struct nfqnl_msg_packet_hdr ph;
	enum gate_verdict v = GATE_DROP;

	if (mnl_attr_parse(nlh, sizeof(struct nfgenmsg), note_attr, attrs) < 0)
		return;
	head = attrs[NFQA_PACKET_HDR];
	payload = attrs[NFQA_PAYLOAD];
	if (!head || mnl_attr_get_payload_len(head) < sizeof(ph))
		return;
	memcpy(&ph, mnl_attr_get_payload(head), sizeof(ph));
	if (payload)
		v = judge(q, mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload));
	else
		bump(&q->foreign);
	if (v == GATE_DROP) {
		b->drops = true;
		b->drop_id = ntohl(ph.packet_id);
		return;
	}
	flush_drops(q, b);
	put_verdict(q, NFQNL_MSG_VERDICT, ntohl(ph.packet_id), NF_ACCEPT);
}

/* The messages of one datagram. Errors about verdicts (the interface went down, the queue is closing) need no
 * answer. */
static void
take_datagram(struct queue *q, struct batch *b, const uint8_t *p, size_t len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)p;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) &&
		    nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(struct nfgenmsg)) &&
		    q->out_len + 3 * VERDICT_BYTES <= sizeof(q->out))
			take_packet(q, b, nlh);
	}
}

/* Waits for packets and takes up to BATCH of them. Returns their number, negative when the socket is lost. */
static int
read_batch(struct queue *q, struct mmsghdr *msgs)
{
	int n = recvmmsg(mnl_socket_get_fd(q->sock), msgs, BATCH, MSG_WAITFORONE, NULL);

	if (n >= 0)
		return n;
	switch (errno) {
	case ENOBUFS:
	case EINTR:
	case EAGAIN:
		return 0;
	default:
		log_error("syn gate lost its queue, its SYNs are dropped from now on queue=%u errno=%d", q->num, errno);
		return -1;
	}
}

/* In a flood a nap between reads lets packets gather. What was read has its verdict by now; what comes meanwhile
 * waits until the end of the nap. */
static void
maybe_nap(struct pace *pace, unsigned n)
{
	static const struct timespec length = { .tv_nsec = NAP_NS };
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (pace_note(pace, (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec, n) && n < BATCH)
		(void)nanosleep(&length, NULL);
}

static void *
queue_run(void *arg)
{
	struct queue *q = arg;
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct pace pace = { .since_ns = 0 };
	int n = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = q->in[i], .iov_len = PACKET_BYTES };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (n >= 0 && !atomic_load_explicit(&q->stop, memory_order_acquire)) {
		struct batch b = { .drops = false };

		n = read_batch(q, msgs);
		q->out_len = 0;
		for (int i = 0; i < n; i++)
			take_datagram(q, &b, q->in[i], msgs[i].msg_len);
		flush_drops(q, &b);
		if (q->out_len > 0) /* packets whose verdict is lost fall under the next drop */
			(void)mnl_socket_sendto(q->sock, q->out, q->out_len);
		if (n > 0)
			maybe_nap(&pace, (unsigned)n);
	}
	return NULL;
}

/* Asks for one configuration attribute of the queue; with ack the answer is awaited by whoever reads. */
static int
send_config(struct queue *q, uint16_t attr, const void *value, size_t len, uint16_t flags)
{
	char buf[256];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->num);

	nlh->nlmsg_flags |= flags;
	mnl_attr_put(nlh, attr, len, value);
	return mnl_socket_sendto(q->sock, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/* Sends it and waits for the kernel's answer: 0 or a negative errno. Before the thread runs only. */
static int
configure(struct queue *q, uint16_t attr, const void *value, size_t len)
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
queue_open(struct queue *q)
{
	struct timeval wake = { .tv_sec = WAKE_S };
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

static int
queue_bind(struct queue *q, char *why)
{
	struct nfqnl_msg_config_cmd bind_cmd = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params params = { .copy_range = htonl(SYN_PARSE_BYTES),
		                                  .copy_mode = NFQNL_COPY_PACKET };
	uint32_t maxlen = htonl(QUEUE_LEN);
	int err = queue_open(q);

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

/* The thread takes no signals: they belong to the control loop. */
static int
queue_start(struct queue *q, char *why)
{
	char name[16];
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&q->thread, NULL, queue_run, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		snprintf(why, SYNGATE_WHY_MAX, "no thread (errno %d)", err);
		return ERR_NOMEM;
	}
	q->running = true;
	snprintf(name, sizeof(name), "gate-%u", q->num);
	(void)pthread_setname_np(q->thread, name);
	return 0;
}

/* The kernel's answer to the unbinding is what wakes the thread. */
static void
queue_fini(struct queue *q)
{
	struct nfqnl_msg_config_cmd unbind = { .command = NFQNL_CFG_CMD_UNBIND };

	atomic_store_explicit(&q->stop, true, memory_order_release);
	if (q->bound)
		(void)send_config(q, NFQA_CFG_CMD, &unbind, sizeof(unbind), NLM_F_ACK);
	if (q->running)
		pthread_join(q->thread, NULL);
	if (q->sock)
		mnl_socket_close(q->sock);
}

struct syngate_nfq *
syngate_nfq_new(uint16_t num, uint16_t count, const struct gate_table *t, char *why)
{
	struct syngate_nfq *n = calloc(1, sizeof(*n) + count * sizeof(n->queues[0]));

	if (!n) {
		snprintf(why, SYNGATE_WHY_MAX, "out of memory");
		return NULL;
	}
	for (; n->queues_len < count; n->queues_len++) {
		struct queue *q = &n->queues[n->queues_len];

		q->num = (uint16_t)(num + n->queues_len);
		q->table = t;
		if (queue_bind(q, why) != 0 || queue_start(q, why) != 0) {
			n->queues_len++;
			syngate_nfq_free(n);
			return NULL;
		}
	}
	return n;
}

void
syngate_nfq_free(struct syngate_nfq *n)
{
	if (!n)
		return;
	for (unsigned i = 0; i < n->queues_len; i++)
		queue_fini(&n->queues[i]);
	free(n);
}

/* Packets that the kernel dropped because the socket's buffer was full. */
static uint64_t
queue_overflows(const struct queue *q)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(mnl_socket_get_fd(q->sock), SOL_SOCKET, SO_MEMINFO, mem, &len) != 0)
		return 0;
	return mem[SK_MEMINFO_DROPS];
}

void
syngate_nfq_read_counters(const struct syngate_nfq *n, struct gate_counters *c)
{
	for (unsigned i = 0; i < n->queues_len; i++) {
		const struct queue *q = &n->queues[i];
		uint64_t accepted = atomic_load_explicit(&q->accepted, memory_order_relaxed);
		uint64_t dropped = atomic_load_explicit(&q->dropped, memory_order_relaxed);

		c->syns += accepted + dropped;
		c->accepted += accepted;
		c->dropped += dropped;
		c->foreign += atomic_load_explicit(&q->foreign, memory_order_relaxed);
		c->overflows += queue_overflows(q);
	}
}
