/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 server of the gateway without transports and workers: request text in, reply text and orders out. */
#pragma once

#include "agw/mg.h"
#include "agw/own_addrs.h"
#include "agw/realm.h"

enum { MGB_REALMS = 3, MGB_ORDERS_MAX = 64, MGB_TEXT_MAX = 65536 };

struct mg_bench {
	struct loop *loop; /* simulated */
	struct gate_table *gates;
	struct iq_names names;
	struct realm *realms[MGB_REALMS]; /* access, core (call-deny=198.18.0.0/15), tiny (one port, advertised as
	                                  203.0.113.5) */
	struct own_addrs *own;
	struct ctxs ctxs;
	struct mg *mg;
	enum mg_right right;
	struct order orders[MGB_ORDERS_MAX]; /* posted and not yet taken; descriptors are closed */
	unsigned n_orders;
	struct order asked[MGB_ORDERS_MAX]; /* ORDER_STATS and ORDER_CLOSE that were not answered */
	unsigned n_asked;
	int order_err; /* what workers answer */
	bool is_aware; /* they handle MSRP application-aware */
	char reply[MGB_TEXT_MAX]; /* the last one, without the message header; empty: none yet */
	struct mg_root root;      /* as last told to on_root */
	char service[64];         /* method of the controller's last ServiceChange */
};

extern struct mg_bench mgb;

void mgb_begin(uint32_t max_contexts);
void mgb_end(void);
/* Transactions without the message header. The reply is in mgb.reply. */
void mgb_request(const char *text);
/* Answers the oldest question for statistics; when aware, MSRP's are 11, 12... at side 0 and 21, 22... at side 1. */
void mgb_answer(uint64_t in0, uint64_t out0, uint64_t in1, uint64_t out1);
/* An event of the relay of the first stream of the only context. */
void mgb_event(enum event_kind kind, unsigned side, const char *peer);
/* One line for an order. buf holds 512 bytes; returns buf. */
const char *mgb_order_text(const struct order *o, char *buf);
uint32_t mgb_ports_taken(void);
