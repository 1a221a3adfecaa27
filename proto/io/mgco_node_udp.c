/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 over UDP: a datagram is a message (annex D.1). */
#include "proto/io/mgco_node.h"

#include <errno.h>

#include "proto/base/err.h"
#include "proto/io/mgco_node_priv.h"

size_t
udp_message_max(const struct mgco_node *n, enum addr_family family)
{
	return n->conf.mtu - NODE_UDP_HEAD - (family == ADDR_V6 ? NODE_IPV6_HEAD : NODE_IPV4_HEAD);
}

int
udp_send(struct mgco_port *port, const struct addr *to, struct span msg)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, &ss);

	/* What the socket does not take is lost like any datagram, and repeated. */
	if (sendto(port->fd, msg.p, msg.len, MSG_NOSIGNAL, (struct sockaddr *)&ss, len) < 0 && errno == EMSGSIZE)
		return ERR_TOOBIG;
	return 0;
}

/* One datagram; false when there is no more. */
static bool
receive(struct mgco_port *p)
{
	struct mgco_node *n = p->owner;
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	struct addr from;
	ssize_t len = recvfrom(p->fd, n->rx, NODE_RX_BYTES, 0, (struct sockaddr *)&ss, &ss_len);

	if (len < 0) /* an ICMP error of an earlier datagram comes out here too */
		return errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH;
	if (addr_from_sockaddr((struct sockaddr *)&ss, &from) == 0) {
		struct mgco_assoc *as = assoc_find(n, &from);

		if (as || node_may_come(n, &from))
			node_on_message(n, as, p, &from, span_of(n->rx, (size_t)len));
	}
	return true;
}

void
udp_on_io(struct loop_io *io, unsigned ready)
{
	struct mgco_port *p = io->arg;
	struct mgco_node *n = p->owner;

	(void)ready;
	node_enter(n);
	for (int i = 0; i < NODE_DATAGRAMS && !n->dying && receive(p); i++)
		;
	node_leave(n);
}
