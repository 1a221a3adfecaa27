/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/netwatch.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"

enum {
	SETTLE_MS = 100,   /* one look for all messages of a change */
	READS_A_TURN = 64, /* what is left wakes us again */
};

struct netwatch {
	struct loop_io io;
	struct loop_timer settle;
	loop_fn fn;
	void *arg;
	int fd;
};

static void
on_settled(struct loop_timer *t)
{
	struct netwatch *w = t->arg;

	w->fn(w->arg);
}

/* What a message says does not matter: who wants to know looks at everything anew, so that none can be missed. */
static void
on_message(struct loop_io *io, unsigned ready)
{
	struct netwatch *w = io->arg;
	char buf[8192];
	int i = 0;

	(void)ready;
	while (i < READS_A_TURN && (recv(w->fd, buf, sizeof(buf), MSG_TRUNC) > 0 || errno == ENOBUFS))
		i++;
	if (!loop_timer_is_set(&w->settle))
		loop_timer_set(&w->settle, SETTLE_MS);
}

struct netwatch *
netwatch_new(struct loop *l, loop_fn fn, void *arg)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	struct netwatch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	sa.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	w->fn = fn;
	w->arg = arg;
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		netwatch_free(w);
		return NULL;
	}
	loop_timer_init(&w->settle, l, on_settled, w);
	loop_io_init(&w->io, l, w->fd, on_message, w);
	loop_io_want(&w->io, LOOP_READ);
	return w;
}

void
netwatch_free(struct netwatch *w)
{
	if (!w)
		return;
	loop_timer_stop(&w->settle);
	loop_io_stop(&w->io);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

int
netwatch_has(const struct addr *ips, unsigned n, bool *has)
{
	const unsigned both = IFF_UP | IFF_RUNNING;
	struct ifaddrs *list;

	if (getifaddrs(&list) != 0)
		return err_from_errno(errno);
	for (unsigned i = 0; i < n; i++)
		has[i] = false;
	for (const struct ifaddrs *a = list; a; a = a->ifa_next) {
		struct addr ip;

		if (!a->ifa_addr || (a->ifa_flags & both) != both || addr_from_sockaddr(a->ifa_addr, &ip) != 0)
			continue;
		for (unsigned i = 0; i < n; i++)
			has[i] = has[i] || addr_same_ip(&ips[i], &ip);
	}
	freeifaddrs(list);
	return 0;
}

static unsigned
count(const struct ifaddrs *list)
{
	unsigned n = 0;

	for (; list; list = list->ifa_next)
		n++;
	return n;
}

int
netwatch_list(struct addr **ips, unsigned *n)
{
	struct ifaddrs *list;
	struct addr *all;
	unsigned found = 0;

	if (getifaddrs(&list) != 0)
		return err_from_errno(errno);
	all = calloc(count(list) + 1, sizeof(*all));
	for (const struct ifaddrs *a = list; all && a; a = a->ifa_next)
		if (a->ifa_addr && addr_from_sockaddr(a->ifa_addr, &all[found]) == 0 && !addr_is_loopback(&all[found]))
			found++;
	freeifaddrs(list);
	if (!all)
		return ERR_NOMEM;
	*ips = all;
	*n = found;
	return 0;
}
