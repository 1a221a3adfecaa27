/* SPDX-License-Identifier: BSD-2-Clause */
/* Our end of H.248: transports (UDP with application level framing, TCP with TPKT, SCTP) and transactions
 * (at-most-once, retransmission, Pending, response-ack), for MG and MGC alike. H.248.1 clause 8, annex D; H.248.4. */
#pragma once

#include "proto/base/addr.h"
#include "proto/codec/mgco.h"
#include "proto/codec/mgco_xact.h" /* struct mgco_counters, mgco_reply_fn */
#include "proto/io/loop.h"

struct mgco_node;
struct mgco_assoc; /* the association with one peer; owned by the node */

enum mgco_proto { MGCO_UDP, MGCO_TCP, MGCO_SCTP };

/* "udp", "tcp", "sctp". */
const char *mgco_proto_name(enum mgco_proto proto);
/* Takes such a name and a colon, in any case, off the front of s. ERR_SYNTAX when there is none. */
int mgco_proto_cut(struct span *s, enum mgco_proto *proto);
/* Why this machine cannot serve it, as a sentence; NULL when it can. */
const char *mgco_proto_missing(enum mgco_proto proto);

/* A request that waits for our reply. It owns its tree until mgco_respond(). */
struct mgco_incoming {
	const struct mgco_txn *txn;
	struct arena *arena; /* for building the reply */
	struct mgco_assoc *assoc; /* NULL once the association is gone; respond all the same */
	struct addr peer;
	struct span peer_mid;
	uint32_t peer_version;
	void *user; /* the handler's own */
};

/* How readily an association is given up when a newcomer finds no place. */
enum mgco_place { MGCO_PLACE_KEPT, MGCO_PLACE_UNPROVEN, MGCO_PLACE_STRANGER };

struct mgco_handler {
	/* Is a host listened to that comes to us? Of others nothing is read or answered. Those of mgco_connect() are not
	 * asked about. NULL: all are. */
	bool (*may_come)(void *arg, const struct addr *peer);
	/* Answer with mgco_respond(in, ...), exactly once, now or later. A Pending is sent when it takes longer than
	 * pending_ms. */
	void (*on_request)(void *arg, struct mgco_incoming *in);
	/* The transport towards a configured peer can be used (TCP and SCTP: connected; UDP at once). NULL: not wanted. */
	void (*on_up)(void *arg, struct mgco_assoc *as);
	/* The connection was lost or a request got no answer within t_max_ms. Outstanding requests were failed
	 * before. An association that the peer opened is freed after this call; one made by mgco_connect() stays,
	 * and reconnects by itself with back-off (on_up again). */
	void (*on_down)(void *arg, struct mgco_assoc *as, int why);
	/* There is no place for a newcomer: who is given up for it? Strangers before the unproven, and of these who was
	 * silent longest; on_down comes with ERR_LIMIT, and its requests may be executed again. Those of mgco_connect(), and
	 * whose requests are being executed, are kept unasked. NULL: only UDP sources that nobody uses and whose requests may
	 * be forgotten. */
	enum mgco_place (*rate_place)(void *arg, const struct mgco_assoc *as);
};

/* 0 in a field means the default. */
struct mgco_node_conf {
	const char *mid;        /* "[192.0.2.1]:2944", "<name>" or a device name; copied */
	struct mgco_style style;
	bool no_acks;           /* replies are confirmed only where ImmAckRequired asks for it */
	uint32_t version;       /* 2 */
	uint32_t rto_first_ms;  /* 200; doubles with jitter */
	uint32_t rto_max_ms;    /* 4000 */
	uint32_t t_max_ms;      /* 25000: give up; LONG-TIMER is t_max_ms + 5000 */
	uint32_t pending_ms;    /* 100 */
	uint32_t reconnect_ms;  /* 1000, doubles up to 30 s */
	uint32_t max_in;        /* 4096 requests of one peer being executed; beyond: error 506 */
	uint32_t max_out;       /* 65536 requests outstanding towards one peer */
	uint32_t max_assocs;    /* 64 */
	uint32_t max_per_host;  /* no bound: associations that one host opens with us */
	uint32_t mtu;           /* 1500 (MGCO_MTU): IP packets over UDP are no longer, and not fragmented */
	uint64_t seed;          /* of jitter and transaction ids; 0: from the kernel. For tests */
};

/* It listens nowhere and knows nobody yet. conf and h are copied; arg goes with each call of h. NULL out of memory. */
struct mgco_node *mgco_node_new(struct loop *l, const struct mgco_node_conf *conf, const struct mgco_handler *h,
                                void *arg);
/* Fails outstanding requests with ERR_CLOSED, then frees. */
void mgco_node_free(struct mgco_node *n);
/* Serves peers that come to us. local->port 0 lets the kernel choose; *bound (may be NULL) gets the address. */
int mgco_node_listen(struct mgco_node *n, enum mgco_proto proto, const struct addr *local, struct addr *bound);
/* An association towards a configured peer. NULL when out of memory or max_assocs. */
struct mgco_assoc *mgco_connect(struct mgco_node *n, enum mgco_proto proto, const struct addr *peer);
/* Closes; outstanding requests fail with ERR_CLOSED before it returns. on_down is not called. */
void mgco_assoc_close(struct mgco_assoc *as);

/* Sends the actions as one request transaction; the tree may be dropped on return. fn is called exactly once if 0 is
 * returned, never before the return. What no datagram carries goes over a connection that the peer has with us, if there is
 * one, else ERR_TOOBIG. ERR_LIMIT, ERR_CLOSED, ERR_NOMEM. */
int mgco_request(struct mgco_assoc *as, const struct mgco_action *actions, mgco_reply_fn fn, void *arg);
/* Answers with actions or, if not NULL, a transaction error; with error 533 in what no datagram carries, see
 * mgco_xact_respond(). in is freed. */
void mgco_respond(struct mgco_incoming *in, const struct mgco_action *actions, const struct mgco_error *error);

/* Where its messages go to. */
struct addr mgco_assoc_peer(const struct mgco_assoc *as);
/* MId of the peer as last received; empty before its first message. Valid until its next message. */
struct span mgco_assoc_mid(const struct mgco_assoc *as);
enum mgco_proto mgco_assoc_proto(const struct mgco_assoc *as);
/* By mgco_connect(): it stays when the peer is lost. */
bool mgco_assoc_is_made(const struct mgco_assoc *as);
/* A place for the user's pointer. */
void mgco_assoc_set_user(struct mgco_assoc *as, void *user);
void *mgco_assoc_user(const struct mgco_assoc *as);
/* Version of the requests from now on (settled by ServiceChange). Replies use the version of the request. */
void mgco_assoc_set_version(struct mgco_assoc *as, uint32_t version);
/* mgco_xact_set_pendings() of this association. */
void mgco_assoc_set_pendings(struct mgco_assoc *as, uint32_t pending_ms, uint32_t max_sent, uint32_t max_taken);
/* mgco_xact_set_patience() of this association. */
void mgco_assoc_set_patience(struct mgco_assoc *as, uint32_t first_ms, uint32_t pending_ms);
/* Loop time of the peer's last message. */
uint64_t mgco_assoc_heard_ms(const struct mgco_assoc *as);
const struct mgco_counters *mgco_node_counters(const struct mgco_node *n);

/* Test seam: called for every message about to leave; return false to lose it. NULL: off. */
void mgco_node_set_tap(struct mgco_node *n, bool (*tap)(void *arg, struct span msg), void *arg);
