/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated clock: it moves when nothing else does. The sockets are real, so somebody has to say when the kernel has
 * delivered all. Loopback does it within the sending call, unless the kernel is behind with its soft interrupts, as beside
 * somebody's flood: then packets wait in a queue of the CPU, for as long as other threads of that CPU are given. A datagram
 * to ourselves waits in the same queue, behind them; once it is here, so are they. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/io/loop_priv.h"

enum {
	/* Before each but the first the kernel's queue is flushed: SYN, SYN-ACK, ACK and what comes behind are one after
	 * the other. The last waits a moment (sim_wait_ms) for a thread that was moved to another CPU. */
	SIM_IDLE_POLLS = 5,
	SIM_IDLE_WAIT_MS = 1,
	SIM_FLUSH_MS = 1000,
	SIM_LAST_WAIT_MS = 500, /* what is waited for would fail now: a busy kernel may have it still */
	SIM_LAST_WAITS_MAX = 100,
	SIM_TURNS_MAX = 1000000, /* without the clock moving: somebody spins */
};

void
loop_sim_init(struct loop *l)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	l->sim_wait_ms = SIM_IDLE_WAIT_MS;
	if (fd < 0)
		return;
	if (bind(fd, (const struct sockaddr *)&self, sizeof(self)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&self, &len) == 0 && connect(fd, (const struct sockaddr *)&self, len) == 0)
		l->sim_fd = fd;
	else
		close(fd); /* no loopback: nothing to wait for */
}

static void
flush_kernel(struct loop *l)
{
	struct pollfd p = { .fd = l->sim_fd, .events = POLLIN };
	char octet = 0;

	if (l->sim_fd < 0 || send(l->sim_fd, &octet, 1, 0) != 1)
		return;
	(void)poll(&p, 1, SIM_FLUSH_MS);
	while (recv(l->sim_fd, &octet, 1, 0) == 1)
		;
}

/* Turns until nothing happens any more; true when done. *spins is counted down. */
static bool
settle(struct loop *l, bool (*done)(void *arg), void *arg, uint32_t *spins)
{
	for (unsigned idle = 0; idle < SIM_IDLE_POLLS && *spins;) {
		bool busy;

		if (idle)
			flush_kernel(l);
		busy = loop_turn(l, idle + 1 == SIM_IDLE_POLLS ? l->sim_wait_ms : 0);
		if (busy && done && done(arg))
			return true;
		idle = busy ? 0 : idle + 1;
		*spins -= busy;
	}
	return false;
}

bool
loop_sim_run(struct loop *l, uint64_t budget_ms, bool (*done)(void *arg), void *arg)
{
	uint64_t end = budget_ms > UINT64_MAX - l->now_ms ? UINT64_MAX : l->now_ms + budget_ms;
	unsigned last_waits = done && budget_ms ? SIM_LAST_WAITS_MAX : 0;

	assert(l->is_sim);
	if (done && done(arg))
		return true;
	for (;;) {
		uint32_t spins = SIM_TURNS_MAX;
		const struct loop_timer *t;

		if (settle(l, done, arg, &spins))
			return true;
		if (!spins) {
			log_error("simulation does not come to rest now_ms=%llu", (unsigned long long)l->now_ms);
			return false;
		}
		t = timer_heap_first(&l->timers);
		if (!t || t->due_ms > end) {
			if (last_waits && last_waits-- && loop_turn(l, SIM_LAST_WAIT_MS)) {
				if (done(arg))
					return true;
				continue;
			}
			l->now_ms = end;
			return false;
		}
		if (t->due_ms > l->now_ms)
			l->now_ms = t->due_ms;
	}
}

void
loop_sim_patience(struct loop *l, unsigned wait_ms)
{
	l->sim_wait_ms = wait_ms;
}
