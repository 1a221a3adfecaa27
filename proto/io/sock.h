/* SPDX-License-Identifier: BSD-2-Clause */
/* Non-blocking, close-on-exec sockets. All return a descriptor >= 0 or a negative enum err. */
#pragma once

#include "proto/base/addr.h"
#include "proto/base/span.h"

enum { SOCK_BACKLOG = 128 };

/* A bound UDP socket. */
int sock_udp(const struct addr *local);
/* Its datagrams are never fragmented: what the path does not carry is refused (EMSGSIZE). */
int sock_set_whole(int fd, enum addr_family family);
/* A TCP socket bound to local (SO_REUSEADDR), not listening. */
int sock_tcp_bound(const struct addr *local);
/* sock_tcp_bound + listen. */
int sock_tcp_listen(const struct addr *local, int backlog);
/* Starts a TCP connection from local (NULL: any) to remote; completion shows as writable, then
 * sock_error(). */
int sock_tcp_connect(const struct addr *local, const struct addr *remote);
/* With a mark (0..63) from its SYN on. */
int sock_tcp_connect_as(const struct addr *local, const struct addr *remote, unsigned dscp);
/* Takes one connection; peer gets its address. ERR_AGAIN when none waits, ERR_LIMIT out of descriptors. */
int sock_accept(int listener, struct addr *peer);
/* Sends what the socket takes of bytes, from *sent on, and moves *sent. 0: nothing is left. ERR_AGAIN: the rest when it is
 * writable. Any other error is the connection's end. */
int sock_send(int fd, struct span bytes, size_t *sent);
/* Reads *len bytes of at most cap (> 0); 0 bytes are the peer's FIN. ERR_AGAIN: nothing is there. Any other error is the
 * connection's end. */
int sock_recv(int fd, void *buf, size_t cap, size_t *len);
/* Pending error of a socket (SO_ERROR) as a negative enum err; 0 when connected. */
int sock_error(int fd);
/* Local and remote address. */
int sock_local(int fd, struct addr *a);
int sock_peer(int fd, struct addr *a);
int sock_set_dscp(int fd, enum addr_family family, unsigned dscp);
/* DSCP of the peer's packet that ended the handshake, of a connection that was accepted: others are unknown to the
 * kernel. ERR_NOTFOUND. */
int sock_peer_dscp(int fd, enum addr_family family, unsigned *dscp);
int sock_set_nodelay(int fd);
/* Room for what has arrived and was not read, in bytes: more than the kernel's limit with CAP_NET_ADMIN, else up to it. */
void sock_set_room(int fd, int bytes);
/* Finds dead peers: probes begin after keepalive_s of silence (0: never), and the connection ends (ETIMEDOUT) when
 * the peer has acknowledged nothing for dead_s (0: the kernel's choice), which must be more. What a listener has,
 * accepted sockets inherit. */
int sock_set_liveness(int fd, unsigned keepalive_s, unsigned dead_s);
/* Asks the peer from now on, once a second while it is silent, until sock_set_liveness() says otherwise. Of a peer that owes us
 * an acknowledgement the kernel asks by retransmission alone, at its own pace. */
int sock_probe(int fd);
struct sock_silence {
	uint32_t silent_ms;  /* since the peer's last segment */
	unsigned unanswered; /* retransmissions or probes since */
};
int sock_silence(int fd, struct sock_silence *s);
/* Octets that were written and that the peer has not acknowledged. */
int sock_unacked(int fd, uint32_t *octets);
/* Acknowledges what was received now instead of up to 40 ms later. */
void sock_quick_ack(int fd);
/* Connections of ours may go out from the port that it listens at. Not before it listens: until then, another process
 * that wants the port is to be refused. */
void sock_share_port(int listener);
/* The kernel can be asked to make and open the records of TLS connections (TCP_ULP "tls"). Loads its module if it may. */
bool sock_may_have_tls(void);
/* Listening AF_UNIX stream socket with mode 0660 at path; a stale socket file is replaced. */
int sock_unix_listen(const char *path);
