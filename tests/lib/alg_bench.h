/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-alg in a simulated loop, with a P-CSCF that speaks NG and a gateway that does what a test tells it. */
#pragma once

#include "alg/alg.h"
#include "proto/codec/ngmsg.h"
#include "proto/io/mgco_node.h"

enum { FAKE_HELD_MAX = 32, FAKE_CONTEXTS_MAX = 64, BENCH_REPLIES_MAX = 64 };

/* A gateway as the tests script it. */
struct fake_gw {
	struct mgco_node *node;
	struct mgco_assoc *assoc;
	struct mgco_node *there; /* its other address; NULL: none */
	const char *mid;       /* NULL: one of its own */
	bool up;
	int registered;        /* ServiceChange replies */
	uint32_t next_ctx, next_term;
	uint32_t contexts;     /* alive */
	uint32_t alive[FAKE_CONTEXTS_MAX];
	const char *realms[3]; /* what ipra/ar of ROOT says; none: no such property */
	uint32_t audits;       /* of ROOT without items */
	uint32_t refuse_list;  /* code for the list of all contexts */
	uint32_t refuse_root;  /* code for the properties of ROOT */
	uint32_t watches, watch_mit; /* Modifies of ROOT; mit of it/ito in the last, in 10 ms */
	bool watch_arc;        /* ipra/arc was in the last */
	uint32_t refuse_watch; /* code for them */
	bool refuse_arc;       /* for those with ipra/arc, 451 */
	const char *address;   /* ServiceChangeAddress of what registers; NULL: none */
	const char *reason;    /* of fake_gw_send()'s ServiceChange; NULL: 905 */
	uint32_t request;      /* id of its Notify: 0 is for further study */
	uint32_t elsewhere;    /* requests that came over another association than ours */
	uint32_t adds, modifies, subtracts; /* actions */
	uint32_t refuse_add;   /* the n-th Add of an action is answered with this code... */
	int refuse_add_at;     /* ...for n = 1, 2 */
	uint32_t refuse_modify;
	uint32_t refuse_subtract, refuse_subtracts; /* code for so many of them */
	uint32_t grant_modifies; /* so many actions before refuse_modify counts */
	uint32_t unaware;      /* refuses a=path:$ with this code */
	const char *lacks[4];  /* an Add that says one of these is answered with... */
	uint32_t lacks_code;   /* ...this code, which names it... */
	bool lacks_vaguely;    /* ...or not */
	bool answers_plain;    /* TCP, with a fingerprint, for TLS */
	bool says_more;        /* properties, statistics and packages that nobody knows */
	const char *pending_limit; /* root/MGOriginatedPendingLimit; NULL: not told. With realms */
	bool hold;             /* keep requests unanswered, in held */
	struct mgco_incoming *held[FAKE_HELD_MAX];
	uint32_t n_held;
	char seen[16384];      /* the last request, printed */
	int notify_err;        /* of the last Notify sent: 0, or the H.248 code */
	bool notify_done;
};

struct alg_bench {
	struct loop *l;
	struct alg_conf conf;
	struct alg *alg;
	struct fake_gw gw;
	int fd;                /* the P-CSCF's socket */
	struct loop_io io;
	char replies[BENCH_REPLIES_MAX][8192];
	int n_replies;
	struct arena arena;    /* of parsed replies, until bench_stop() */
	unsigned cookie;
};

/* ims-alg on kernel-chosen ports of loopback; change b->conf between these two. */
void bench_init(struct alg_bench *b);
void bench_start(struct alg_bench *b, enum mgco_proto proto);
void bench_stop(struct alg_bench *b);
/* ims-alg dies without a word, and starts anew at the same H.248 address. */
void bench_start_anew(struct alg_bench *b);
/* All of it at once: init, start and fake_gw_start(). */
void bench_start_with_gateway(struct alg_bench *b, enum mgco_proto proto);
/* From now on nothing arrives of what it sends, not even Pendings; mgco_node_set_tap() with NULL ends that. */
void bench_mute(struct mgco_node *n);

/* The fake gateway without a word to anybody. */
void fake_gw_connect(struct alg_bench *b, enum mgco_proto proto);
/* The same, registers and waits for the reply. */
void fake_gw_start(struct alg_bench *b, enum mgco_proto proto);
void fake_gw_service_change(struct alg_bench *b, const char *method, const char *reason);
/* It takes commands at this address, too; *at gets it with its port. */
void fake_gw_listen(struct alg_bench *b, enum mgco_proto proto, const struct addr *local, struct addr *at);
/* Sends a command (MGCO_CMDS: the context's priority alone); method, for ServiceChange, with reason 905. 0, a H.248 code, or
 * a negative error without an answer. */
int fake_gw_send(struct alg_bench *b, uint32_t ctx, enum mgco_cmd_kind kind, const char *term, const char *method);
/* Answers what was held. */
void fake_gw_release(struct alg_bench *b);
/* Notify in a context; waits for the reply, which is in gw.notify_err. */
void fake_gw_notify(struct alg_bench *b, uint32_t ctx, const char *term, const char *event, const char *param,
                    const char *value);

/* From now on requests come from this host; gives back the socket of before, for taking it back. */
int bench_use_proxy(struct alg_bench *b, const struct addr *host);
void bench_take_back_proxy(struct alg_bench *b, int fd);

/* Sends one NG datagram as it is. */
void bench_send(struct alg_bench *b, const char *text, size_t len);
/* Sends {"command":..., "call-id":..., more} under a new cookie (or the given one) and does not wait. more is JSON
 * members without braces; sdp NULL: none. */
void bench_request(struct alg_bench *b, const char *cookie, const char *command, const char *call_id, const char *sdp,
                   const char *more);
/* Waits until n replies came in all (BENCH_MS at most); false in time-out. */
bool bench_wait(struct alg_bench *b, int n);
/* bench_request and its reply's dictionary; NULL when none came. */
const struct ng_val *bench_ask(struct alg_bench *b, const char *command, const char *call_id, const char *sdp,
                               const char *more);
/* The plain requests: BENCH_OFFER from the core, BENCH_ANSWER of the UE, the end. False when it was refused. */
bool bench_offer(struct alg_bench *b, const char *call_id);
bool bench_answer(struct alg_bench *b, const char *call_id);
bool bench_delete(struct alg_bench *b, const char *call_id);
bool bench_is_ok(const struct ng_val *reply);
/* Why a request was refused; "" when it was not. */
const char *bench_error(struct alg_bench *b, const struct ng_val *reply);
/* Dictionary of the i-th reply. */
const struct ng_val *bench_reply(struct alg_bench *b, int i);
/* Runs the loop for so long. */
void bench_run(struct alg_bench *b, uint64_t ms);
/* Runs it until what the pointer shows is at least so much. */
bool bench_until(struct alg_bench *b, const uint32_t *value, uint32_t at_least);
/* Is part somewhere in text? */
bool bench_has(const char *text, const char *part);
/* The string of a dictionary, with NUL, in the bench's arena; "" when absent. */
const char *bench_str(struct alg_bench *b, const struct ng_val *dict, const char *key);

/* The core's offer of one MSRP line, the UE's answer; both with CRLF. */
extern const char BENCH_OFFER[], BENCH_ANSWER[], BENCH_AUDIO[];
#define BENCH_FROM_CORE "\"from-tag\":\"ft\",\"direction\":[\"core\",\"access\"],\"ue-e2ae\":\"yes\""
#define BENCH_FROM_UE "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"access\",\"core\"]"
