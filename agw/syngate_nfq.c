/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_nfq.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agw/nfqsock.h"
#include "agw/syn_parse.h"
#include "agw/syngate_pace.h"
#include "proto/base/log.h"

enum {
	BATCH = 64, /* packets a system call */
	VERDICTS = BATCH + 3,
	NAP_NS = 200 * 1000, /* see syngate_pace.h */
};

struct queue {
	struct nfqsock sock;
	bool running;
	const struct gate_table *table;
	bool has_park;
	uint16_t park_num; /* the queue of those that are parked */
	struct pace pace;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t accepted, dropped, foreign; /* written by the thread only */
	uint8_t in[BATCH][NFQSOCK_PACKET_BYTES];
	char out[VERDICTS * NFQSOCK_VERDICT_BYTES];
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
put_verdict(struct queue *q, int type, uint32_t id, unsigned verdict)
{
	q->out_len += nfqsock_put_verdict(&q->sock, q->out + q->out_len, type, id, verdict);
}

/* A packet's verdict, and its count; those that are parked are counted when they leave. In a flood nothing is
 * parked: it would cost twice, and the newest SYN of a port would hardly be its peer's. */
static enum gate_verdict
judge(struct queue *q, const struct nfqsock_packet *p)
{
	struct syn_packet syn;
	enum gate_verdict v;
	uint32_t round;

	if (!p->data || syn_parse(p->data, p->len, &syn) != 0 || !syn.is_syn) {
		bump(&q->foreign);
		return GATE_DROP;
	}
	v = gate_table_ask(q->table, &syn.dst, &syn.src, &round);
	if (v == GATE_PARK && q->has_park && !q->pace.busy)
		return v;
	if (v == GATE_ACCEPT)
		bump(&q->accepted);
	else if (gate_table_has(q->table, &syn.dst))
		bump(&q->dropped);
	else
		bump(&q->foreign);
	return v == GATE_ACCEPT ? v : GATE_DROP;
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

static void
take_packet(struct queue *q, struct batch *b, const struct nfqsock_packet *p)
{
	enum gate_verdict v = judge(q, p);

	if (v == GATE_DROP) {
		b->drops = true;
		b->drop_id = p->id;
		return;
	}
	flush_drops(q, b);
	put_verdict(q, NFQNL_MSG_VERDICT, p->id, v == GATE_PARK ? NF_QUEUE_NR((uint32_t)q->park_num) : NF_ACCEPT);
}

/* The messages of one datagram. Errors about verdicts (the interface went down, the queue is closing) need no
 * answer. */
static void
take_datagram(struct queue *q, struct batch *b, const uint8_t *p, size_t len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)p;
	struct nfqsock_packet packet;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (q->out_len + 3 * NFQSOCK_VERDICT_BYTES <= sizeof(q->out) && nfqsock_parse(nlh, &packet))
			take_packet(q, b, &packet);
	}
}

/* Waits for packets and takes up to BATCH of them. Returns their number, negative when the socket is lost. */
static int
read_batch(struct queue *q, struct mmsghdr *msgs)
{
	int n = recvmmsg(nfqsock_fd(&q->sock), msgs, BATCH, MSG_WAITFORONE, NULL);

	if (n >= 0)
		return n;
	switch (errno) {
	case ENOBUFS:
	case EINTR:
	case EAGAIN:
		return 0;
	default:
		log_error("syn gate lost its queue, its SYNs are dropped from now on queue=%u errno=%d", q->sock.num, errno);
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
	int n = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = q->in[i], .iov_len = NFQSOCK_PACKET_BYTES };
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
			(void)mnl_socket_sendto(q->sock.sock, q->out, q->out_len);
		if (n > 0)
			maybe_nap(&q->pace, (unsigned)n);
	}
	return NULL;
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
	snprintf(name, sizeof(name), "gate-%u", q->sock.num);
	(void)pthread_setname_np(q->thread, name);
	return 0;
}

/* The kernel's answer to the unbinding is what wakes the thread. */
static void
queue_fini(struct queue *q)
{
	atomic_store_explicit(&q->stop, true, memory_order_release);
	nfqsock_unbind(&q->sock);
	if (q->running)
		pthread_join(q->thread, NULL);
	nfqsock_close(&q->sock);
}

struct syngate_nfq *
syngate_nfq_new(uint16_t num, uint16_t count, const struct gate_table *t, bool park, char *why)
{
	struct syngate_nfq *n = calloc(1, sizeof(*n) + count * sizeof(n->queues[0]));

	if (!n) {
		snprintf(why, SYNGATE_WHY_MAX, "out of memory");
		return NULL;
	}
	for (; n->queues_len < count; n->queues_len++) {
		struct queue *q = &n->queues[n->queues_len];

		q->table = t;
		q->has_park = park;
		q->park_num = (uint16_t)(num + count);
		if (nfqsock_open(&q->sock, (uint16_t)(num + n->queues_len), why) != 0 || queue_start(q, why) != 0) {
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
		c->overflows += nfqsock_overflows(&q->sock);
	}
}
