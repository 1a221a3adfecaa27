/* SPDX-License-Identifier: BSD-2-Clause */
/* A transaction machine on the bench: a clock turned by hand, and everything that left it is kept. */
#pragma once

#include "proto/codec/mgco_xact.h"

enum { XB_SENT_MAX = 256, XB_MESSAGE_MAX = 65507 /* what a datagram carries */, RTO = 200, RTO_MAX = 4000, T_MAX = 25000, LONG = 30000, PENDING = 100 };

#define XB_PEER "MEGACO/2 [192.0.2.2]:2944 "
#define XB_BODY " { Context = 1 { Subtract = t1 } }"

struct xact_bench {
	struct mgco_xact *x;
	struct mgco_counters counters;
	uint64_t now;
	struct {
		uint64_t at;
		char *text;
		size_t len;
	} sent[XB_SENT_MAX];
	unsigned n_sent;
	uint64_t ticket; /* of the last execution */
	unsigned executed;
	bool answer_at_once, close_when_executed;
	size_t path_max; /* longer messages are refused as by EMSGSIZE; 0: none are */
	unsigned replies;
	int reply_err;
	uint32_t reply_error_code;
	struct arena arena;
};

extern struct xact_bench xb;
extern struct mgco_cmd xb_cmd; /* Subtract = t1, in xb_action */
extern struct mgco_action xb_action;

/* UDP, at most 4 requests in and 8 out. */
struct mgco_xact_conf xb_conf(void);
void xb_begin(void);
void xb_begin_tcp(void);
void xb_begin_conf(const struct mgco_xact_conf *conf);
void xb_end(void);
void xb_forget_sent(void);
/* Jumps from deadline to deadline, as a loop would. ERR_TIMEOUT when a request was given up on the way. */
int xb_turn_to(uint64_t when);
struct mgco_msg xb_parse(struct span text);
/* First transaction of the i-th message that left. */
const struct mgco_txn *xb_sent(unsigned i);
/* A message of the peer arrives. */
void xb_feed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Makes a request with xb_on_reply and returns its id. */
uint32_t xb_request(void);
void xb_on_reply(void *arg, int err, const struct mgco_txn *reply);
