/* SPDX-License-Identifier: BSD-2-Clause */
/* One H.248 node in a simulated loop, and plain sockets that play its peers. */
#pragma once

#include "proto/io/mgco_node.h"

enum { NB_HELD_MAX = 64, NB_BYTES = 1 << 20 };

#define NB_PEER "MEGACO/2 [192.0.2.2]:2944 "
#define NB_BODY " { Context = 1 { Subtract = t1 } }"
#define NB_REQUEST(id) NB_PEER "Transaction = " #id NB_BODY

enum nb_answer { NB_AT_ONCE, NB_HOLD, NB_CLOSE, NB_FREE_NODE };

struct node_bench {
	struct loop *loop;
	struct mgco_node *node;
	struct addr udp, tcp; /* where it listens */
	/* handler */
	enum nb_answer answer;
	struct mgco_incoming *held[NB_HELD_MAX];
	unsigned requests, n_held, ups, downs;
	int why;
	struct mgco_assoc *last; /* of the last request or on_up */
	/* mgco_request */
	unsigned replies;
	int reply_err;
	uint32_t reply_error_code;
	bool down_came_first; /* on_down before an outstanding request had failed */
	unsigned outstanding;
};

/* A peer: what it received so far. */
struct nb_peer {
	int fd;
	bool is_tcp, at_end;
	char *bytes;
	size_t len;
	struct arena arena;
};

extern struct node_bench nb;
extern struct mgco_cmd nb_cmd; /* Subtract = t1, in nb_action */
extern struct mgco_action nb_action;

/* conf->mid is set here; NULL: defaults. */
void nb_begin(const struct mgco_node_conf *conf);
void nb_end(void);
/* Runs the loop until it is quiet, then moves the clock by ms. */
void nb_run(uint64_t ms);
int nb_request(struct mgco_assoc *as);

/* Peers that come to the node. */
struct nb_peer nb_tcp_peer(void);
struct nb_peer nb_udp_peer(void);
/* A listener for a node that comes to us, and the connection it made. */
int nb_listener(struct addr *bound);
struct nb_peer nb_accept(int listener);
void nb_peer_close(struct nb_peer *p);
/* Sends as it is, and runs the loop. */
void nb_send_raw(struct nb_peer *p, const void *bytes, size_t len);
/* Sends a message (in TPKT over TCP), and runs the loop. */
void nb_send(struct nb_peer *p, const char *text);
/* Appends text in TPKT to a buffer; returns the new length. */
size_t nb_frame(char *buf, size_t at, const char *text);
/* Takes the next message that came. False when there is none. */
bool nb_take(struct nb_peer *p, struct mgco_msg *msg);
/* True when the other end has closed. */
bool nb_is_closed(struct nb_peer *p);
