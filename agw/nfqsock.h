/* SPDX-License-Identifier: BSD-2-Clause */
/* One netfilter queue: its netlink socket, its packets and verdicts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

/* Zero-initialized. */
struct nfqsock {
	uint16_t num;
	bool bound;
	struct mnl_socket *sock;
};

enum {
	NFQSOCK_PACKET_BYTES = 1024, /* a queued packet with its netlink attributes is below 400 */
	NFQSOCK_VERDICT_BYTES = 64,  /* one verdict message; 32 are used */
	NFQSOCK_WAKE_S = 1,          /* reading gives up after that; should a wake-up at the end not come */
};

struct nfqsock_packet {
	uint32_t id;
	const uint8_t *data; /* from the IP header on, cut short; NULL: none came */
	size_t len;
};

/* Binds queue num; from then on packets come. On failure ERR_UNSUPPORTED and in why, of SYNGATE_WHY_MAX bytes, a
 * sentence; the socket is then to be closed as well. */
int nfqsock_open(struct nfqsock *q, uint16_t num, char *why);
/* No more packets; those that wait are dropped by the kernel, whose answer wakes whoever reads. */
void nfqsock_unbind(struct nfqsock *q);
void nfqsock_close(struct nfqsock *q);
int nfqsock_fd(const struct nfqsock *q);
/* True when the message is a packet. */
bool nfqsock_parse(const struct nlmsghdr *nlh, struct nfqsock_packet *p);
/* Writes a message of at most NFQSOCK_VERDICT_BYTES to out: type NFQNL_MSG_VERDICT, or _BATCH for all up to id.
 * Returns its length, a multiple of 4. */
size_t nfqsock_put_verdict(const struct nfqsock *q, char *out, int type, uint32_t id, unsigned verdict);
/* Packets that the kernel dropped because the socket's buffer was full. */
uint64_t nfqsock_overflows(const struct nfqsock *q);
