/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_park.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agw/nfqsock.h"
#include "agw/parked.h"
#include "agw/syn_parse.h"
#include "proto/base/log.h"

enum { READS_MAX = 64 }; /* datagrams between two looks at the rules */

struct syngate_park {
	struct nfqsock sock;
	int wake_fd;
	bool running;
	pthread_t thread;
	const struct gate_table *table;
	_Atomic bool stop;
	_Atomic uint64_t parked, accepted, dropped, foreign; /* written by the thread only */
	struct parked_list list;
	struct parked all[PARK_SYNS_MAX];
};

static void
bump(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
send_verdict(struct syngate_park *p, uint32_t id, unsigned verdict)
{
	char out[NFQSOCK_VERDICT_BYTES];

	(void)mnl_socket_sendto(p->sock.sock, out, nfqsock_put_verdict(&p->sock, out, NFQNL_MSG_VERDICT, id, verdict));
}

static void
on_leave(void *arg, const struct parked *syn, enum gate_verdict v)
{
	struct syngate_park *p = arg;

	bump(v == GATE_ACCEPT ? &p->accepted : &p->dropped);
	send_verdict(p, syn->id, v == GATE_ACCEPT ? NF_ACCEPT : NF_DROP);
}

static void
take_packet(struct syngate_park *p, const struct nfqsock_packet *packet)
{
	struct parked fresh = { .id = packet->id, .until_ms = now_ms() + PARK_MS };
	struct syn_packet syn;

	if (!packet->data || syn_parse(packet->data, packet->len, &syn) != 0 || !syn.is_syn) {
		bump(&p->foreign);
		send_verdict(p, packet->id, NF_DROP);
		return;
	}
	fresh.src = syn.src;
	fresh.dst = syn.dst;
	bump(&p->parked);
	parked_add(&p->list, p->table, &fresh, on_leave, p);
}

/* False when the socket is lost. */
static bool
take_packets(struct syngate_park *p)
{
	uint8_t buf[NFQSOCK_PACKET_BYTES];
	struct nfqsock_packet packet;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(nfqsock_fd(&p->sock), buf, sizeof(buf), MSG_DONTWAIT);
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)buf;
		int left = (int)n;

		if (n < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			if (nfqsock_parse(nlh, &packet))
				take_packet(p, &packet);
	}
	return true;
}

static void *
park_run(void *arg)
{
	struct syngate_park *p = arg;
	struct pollfd fds[2] = {
		{ .fd = p->wake_fd, .events = POLLIN },
		{ .fd = nfqsock_fd(&p->sock), .events = POLLIN },
	};
	bool alive = true;

	while (alive && !atomic_load_explicit(&p->stop, memory_order_acquire)) {
		uint64_t wakes;

		if (poll(fds, 2, parked_wait_ms(&p->list, now_ms())) < 0 && errno != EINTR)
			break;
		/* The counter first: a change after this look brings another. */
		(void)!read(p->wake_fd, &wakes, sizeof(wakes));
		alive = take_packets(p);
		parked_review(&p->list, p->table, now_ms(), on_leave, p);
	}
	if (!alive)
		log_error("syn gate lost its parking queue, early SYNs are dropped from now on queue=%u errno=%d", p->sock.num,
		          errno);
	return NULL;
}

/* The thread takes no signals: they belong to the control loop. */
static int
start_thread(struct syngate_park *p, char *why)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&p->thread, NULL, park_run, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		snprintf(why, SYNGATE_WHY_MAX, "no thread (errno %d)", err);
		return ERR_NOMEM;
	}
	p->running = true;
	(void)pthread_setname_np(p->thread, "gate-park");
	return 0;
}

struct syngate_park *
syngate_park_new(uint16_t num, const struct gate_table *t, char *why)
{
	struct syngate_park *p = calloc(1, sizeof(*p));

	if (!p) {
		snprintf(why, SYNGATE_WHY_MAX, "out of memory");
		return NULL;
	}
	p->table = t;
	p->list.all = p->all;
	p->list.cap = PARK_SYNS_MAX;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		snprintf(why, SYNGATE_WHY_MAX, "no eventfd (errno %d)", errno);
	if (p->wake_fd < 0 || nfqsock_open(&p->sock, num, why) != 0 || start_thread(p, why) != 0) {
		syngate_park_free(p);
		return NULL;
	}
	return p;
}

void
syngate_park_free(struct syngate_park *p)
{
	if (!p)
		return;
	atomic_store_explicit(&p->stop, true, memory_order_release);
	syngate_park_wake(p);
	if (p->running)
		pthread_join(p->thread, NULL);
	nfqsock_unbind(&p->sock);
	nfqsock_close(&p->sock);
	if (p->wake_fd >= 0)
		(void)close(p->wake_fd);
	free(p);
}

void
syngate_park_wake(const struct syngate_park *p)
{
	const uint64_t one = 1;

	if (p->wake_fd >= 0)
		(void)!write(p->wake_fd, &one, sizeof(one));
}

void
syngate_park_read_counters(const struct syngate_park *p, struct gate_counters *c)
{
	uint64_t accepted = atomic_load_explicit(&p->accepted, memory_order_relaxed);
	uint64_t dropped = atomic_load_explicit(&p->dropped, memory_order_relaxed);

	c->syns += accepted + dropped;
	c->accepted += accepted;
	c->dropped += dropped;
	c->parked += atomic_load_explicit(&p->parked, memory_order_relaxed);
	c->unparked += accepted;
	c->foreign += atomic_load_explicit(&p->foreign, memory_order_relaxed);
	c->overflows += nfqsock_overflows(&p->sock);
}
