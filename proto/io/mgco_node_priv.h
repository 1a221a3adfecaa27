/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the H.248 node; nobody else includes this. */
#pragma once

#include "proto/base/list.h"
#include "proto/base/log.h"
#include "proto/io/acceptor.h"
#include "proto/io/mgco_node.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
	NODE_RX_BYTES = 256 * 1024,        /* read at a time; holds any message */
	NODE_FRAME_BYTES = 65536,          /* any TPKT frame, and more than any message over SCTP */
	NODE_WRITE_MAX = 8 * 1024 * 1024,  /* unsent bytes of a TCP peer that does not read; then it is closed */
	NODE_WRITE_BUSY = 4 * 1024 * 1024, /* beyond this no new requests, so that replies still fit */
	NODE_WRITE_KEEP = 256 * 1024,      /* larger write buffers are freed when empty */
	NODE_DATAGRAMS = 64,               /* taken from a socket in one turn */
	NODE_CONNECT_MS = 10000,
	NODE_RECONNECT_MAX_MS = 30000,
	NODE_ERRORS_PER_S = 100,    /* answers to garbage; more is dropped */
	NODE_LONG_EXTRA_MS = 5000,  /* LONG-TIMER = T-MAX + the network's delay */
	NODE_UDP_HEAD = 8,          /* and before it, without options: */
	NODE_IPV4_HEAD = 20,
	NODE_IPV6_HEAD = 40,
};

/* A bound socket: UDP, or listening. */
struct mgco_port {
	struct list node;
	struct mgco_node *owner;
	enum mgco_proto proto;
	enum addr_family family;
	int fd; /* UDP; else -1 */
	struct loop_io io; /* UDP */
	struct acceptor acceptor; /* TCP and SCTP */
};

/* One received message. The requests in it share it, and the last one answered frees it. */
struct mgco_hold {
	uint32_t users;
	struct arena arena;
	struct mgco_msg msg;
	char bytes[];
};

struct mgco_req {
	struct mgco_incoming pub;
	struct list node; /* assoc->reqs */
	struct mgco_hold *hold;
	uint64_t ticket;
};

enum assoc_state {
	ASSOC_WAIT,       /* life: next try. Configured peers only */
	ASSOC_CONNECTING, /* life: limit of the try. Not UDP */
	ASSOC_UP,         /* life: a connection's first message, else waits for ever */
	ASSOC_CLOSED,     /* no timer: inert, freed at the end of the turn */
};

/* Key of a UDP peer without padding bytes. */
struct assoc_key {
	uint8_t ip[16];
	uint16_t port;
	uint16_t family;
};

struct mgco_assoc {
	UT_hash_handle hh; /* UDP: node->udp by key */
	struct assoc_key key;
	struct list node; /* node->assocs, or ->dead when CLOSED */
	struct mgco_node *owner;
	enum mgco_proto proto;
	enum assoc_state state;
	struct addr peer;
	bool configured;
	bool met; /* the user has seen it (and holds the pointer, perhaps) */
	void *user;
	struct mgco_xact *xact;
	struct loop_timer due, life;
	struct list reqs;
	uint64_t heard_ms;
	uint32_t retry_ms;
	char mid[MGCO_MID_MAX];
	size_t mid_len;
	struct mgco_port *port; /* UDP: the socket that the peer knows */
	/* TCP and SCTP */
	int fd;
	struct loop_io io;
	char *partial; /* NODE_FRAME_BYTES when a frame is incomplete */
	size_t partial_len;
	char *unsent;
	size_t unsent_at, unsent_len, unsent_cap; /* unsent_len bytes wait, from unsent_at on */
	bool overrun; /* a message found no room: to be closed */
	uint16_t stream, n_streams; /* SCTP: the next one to send on */
	struct loop_defer flush;
};

struct mgco_node {
	struct loop *loop;
	struct mgco_node_conf conf; /* mid points to .mid */
	char mid[MGCO_MID_MAX + 1];
	struct mgco_handler handler;
	void *arg;
	struct mgco_counters *counters; /* of its own, so that a const node can show it */
	struct list ports, assocs, dead;
	struct mgco_assoc *udp;
	uint32_t n_assocs;
	uint64_t next_seed;
	struct mgco_hold *rx_hold; /* the message now being executed */
	uint32_t depth;            /* of our callbacks on the stack */
	bool dying;
	struct loop_defer reap;
	bool (*tap)(void *arg, struct span msg);
	void *tap_arg;
	uint64_t error_second;
	uint32_t errors_sent;
	struct log_limit log_fault, log_drop, log_error, log_new, log_lost, log_big, log_room;
	char *rx; /* NODE_RX_BYTES */
};

static inline void
node_enter(struct mgco_node *n)
{
	n->depth++;
}

static inline void
node_leave(struct mgco_node *n)
{
	n->depth--;
}

/* ---- mgco_node_assoc.c ---- */
/* NULL: out of memory or max_assocs. */
struct mgco_assoc *assoc_new(struct mgco_node *n, enum mgco_proto proto, const struct addr *peer);
/* The association of a UDP source, or NULL. */
struct mgco_assoc *assoc_find(struct mgco_node *n, const struct addr *peer);
/* A new UDP source; NULL also when node_make_room() finds none. */
struct mgco_assoc *assoc_accept_udp(struct mgco_node *n, struct mgco_port *port, const struct addr *peer);
/* Usable now: new requests are taken and, for a configured peer, the user hears it. */
void assoc_up(struct mgco_assoc *as);
/* The transport failed, or a request got no answer: callers first, then the user, then retry or end. */
void assoc_lost(struct mgco_assoc *as, int why);
/* The user hears that it is lost, if he ever met it. */
void assoc_tell_down(struct mgco_assoc *as, int why);
/* A message of the peer was accepted. */
void assoc_heard(struct mgco_assoc *as, struct span mid);
/* Sets the timer to what the transaction machine wants next. */
void assoc_arm(struct mgco_assoc *as);
/* Frees the closed ones at the end of the turn. */
void assoc_reap(struct mgco_node *n);

/* ---- mgco_node_room.c ---- */
/* A place for one more, comer's address or, NULL, one that we go to: an association may be closed for it. False: there is
 * none. */
bool node_make_room(struct mgco_node *n, const struct addr *comer);

/* ---- mgco_node_rx.c ---- */
/* A message came: as is its association, or NULL for a new UDP source. */
void node_on_message(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, const struct addr *from,
                     struct span bytes);
/* May this host come to us? If not, that is counted and logged. */
bool node_may_come(struct mgco_node *n, const struct addr *from);
/* mgco_xact_ops.execute */
void node_execute(void *arg, const struct mgco_txn *request, uint64_t ticket);
void hold_put(struct mgco_hold *h);

/* ---- mgco_node.c ---- */
/* Counts, and asks the tap: false when the message is to be lost. */
bool node_may_send(struct mgco_node *n, struct span msg);

/* ---- mgco_node_udp.c ---- */
/* A socket towards that family: the first one served, else one of its own. NULL when there is none. */
struct mgco_port *udp_port(struct mgco_node *n, enum addr_family family);
void udp_on_io(struct loop_io *io, unsigned ready);
/* Octets of a message in one packet. */
size_t udp_message_max(const struct mgco_node *n, enum addr_family family);
/* ERR_TOOBIG when the path is known to carry less; whatever else is wrong, it is lost like any datagram. */
int udp_send(struct mgco_port *port, const struct addr *to, struct span msg);

/* ---- mgco_node_sctp.c ---- */
/* Sends the messages that the socket takes. */
int sctp_write(struct mgco_assoc *as);
/* Delivers a message that is whole; *taken is then all of buf, else 0. ERR_SYNTAX when it is too long for one. */
int sctp_take(struct mgco_assoc *as, struct span buf, bool is_whole, size_t *taken);

/* ---- mgco_node_tcp.c: TCP, and the connections of SCTP ---- */
void tcp_on_accept(void *arg, int fd, const struct addr *peer);
/* Begins to connect; assoc_lost() at once or later when it fails. */
void tcp_connect(struct mgco_assoc *as);
void tcp_send(struct mgco_assoc *as, struct span msg);
/* A last try to send what waits, then closes. */
void tcp_close(struct mgco_assoc *as);
