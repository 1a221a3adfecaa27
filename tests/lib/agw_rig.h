/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole gateway inside the test's loop (simulated clock, real loopback sockets), a controller that the test
 * speaks for, a UE with TLS and a core peer. */
#pragma once

#include "agw/agw.h"
#include "tests/lib/h248_trace.h"
#include "tests/lib/relay_rig.h"

enum { AR_NOTES_MAX = 32, AR_TEXT_MAX = 8192, AR_BUDGET_MS = 3000 };

/* A command that the gateway sent us. */
struct ar_note {
	enum mgco_cmd_kind kind;
	uint32_t ctx, version; /* of the message */
	char term[64];
	char method[32], reason[64], timestamp[32]; /* ServiceChange */
	char event[64], cause[64];   /* Notify: first event; its Reason or Failurecause */
	char params[128];            /* all of them, "Type=Failed Reason=tcp-refused" */
	uint16_t stream;             /* 0: not told */
};

struct agw_rig {
	struct loop *loop;
	struct agw *agw;
	struct mgco_node *mgc;
	struct mgco_assoc *assoc; /* of the gateway, once it has registered */
	struct addr mgc_addr;
	int mgc_port_fd; /* keeps the port while there is no MGC; -1 */
	struct ar_note notes[AR_NOTES_MAX];
	unsigned n_notes;
	uint32_t refuse; /* answer ServiceChange with this error */
	uint32_t refuse_notify; /* answer Notify with this error */
	struct mgco_services services; /* ... else the next one with this */
	char reply[AR_TEXT_MAX]; /* of the last request, without the message header */
	bool has_reply;
	uint32_t ctx;
	char t1[64], t2[64];
	struct addr local[2]; /* where T1 and T2 listen */
	char fpr[FPR_TEXT_MAX]; /* of our certificate at T1 */
	struct rig peers; /* only its loop is used */
	struct rig_peer ue, core;
	bool stopped;
	void (*configure)(struct agw_conf *c); /* set before ar_begin(): changes the flags; used once */
};

extern struct agw_rig ar;

/* The gateway is registered when it returns. */
void ar_begin(void);
/* dead_first: the controller of first choice is not there. */
void ar_begin_unregistered(bool dead_first);
/* Checks that nothing is left behind. */
void ar_end(void);
bool ar_until(bool (*done)(void *unused));
void ar_rest(uint64_t ms);
/* The controller dies, or comes back at the same address. */
void ar_kill_mgc(void);
void ar_start_mgc(void);
/* One more address of the controller. */
struct addr ar_listen_more(void);
/* Sends transactions' actions ("Context = ...") and waits for the reply. %-formats. */
void ar_ask(const char *fmt, ...) PRINTF_LIKE(1, 2);
bool ar_replied(const char *part);
/* Waits for the n-th note (from 0) and returns it; NULL when it does not come. */
const struct ar_note *ar_wait_note(unsigned n);

/* T1 (TLS, actpass, with the given LocalControl properties and Signals) and T2 towards the core peer. */
void ar_add(const char *t1_control, const char *t1_signals);
/* The answer: UE's address 127.0.0.1 and its fingerprint, or another one. */
void ar_answer(const char *t1_control, bool right_fingerprint);
/* Subtracts both; the statistics are in ar.reply. */
void ar_subtract(void);
/* The UE sends, the core gets it, and the other way round. */
void ar_check_talk(void);
