/* SPDX-License-Identifier: BSD-2-Clause */
/* A load generator for TLS proxies: plays the UEs (TLS 1.3 clients with a certificate) and the TCP servers behind the
 * proxy in one process, and measures the proxy's processes meanwhile. For loopback; bounded in count and time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/addr.h"
#include "proto/io/loop.h"

enum {
	LOAD_MESSAGE = 300,      /* bytes of a message and of its answer */
	LOAD_RECORD = 16384,     /* bytes of a write of bulk data */
	LOAD_IO = 65536,         /* of a read, and of the server's writes */
	LOAD_PIDS_MAX = 16,
	LOAD_THREADS_MAX = 32,
	LOAD_UES_MAX = 250000,
	LOAD_UNITS_MAX = 10000000,
	LOAD_H248_WINDOW = 64,   /* contexts being made at a time */
	LOAD_PATH_MAX = 160,     /* an MSRP URI, with NUL */
	LOAD_FPR_TEXT = 128,     /* sha-256 in hexadecimal, with NUL */
};

enum load_mode {
	LOAD_SESSIONS, /* TCP, full handshake, one message, close */
	LOAD_MESSAGES, /* on open sessions, one at a time on each */
	LOAD_UP,       /* bulk from the UEs */
	LOAD_DOWN,     /* bulk to the UEs */
	LOAD_IDLE,     /* one message each, then silence */
	LOAD_MODES,
};

struct load_conf {
	enum load_mode mode;
	struct addr target; /* of the proxy; ADDR_NONE: a port for each session, ordered by H.248 */
	struct addr mgc;    /* where we listen as MGC */
	struct addr core;   /* where our server listens */
	const char *cert, *key;
	unsigned ues;       /* sessions at a time */
	uint64_t units;     /* to measure: sessions, messages, MiB; 0 with LOAD_IDLE */
	uint64_t warm;      /* before, not measured */
	unsigned rate;      /* messages a second, 0: as many as possible */
	unsigned limit_s;   /* gives up after */
	unsigned settle_ms; /* LOAD_IDLE: silence before memory is looked at */
	bool order_inline;  /* contexts are made and removed for each session while it is measured */
	bool nagle;
	bool hold;          /* LOAD_IDLE: the sessions stay until standard input ends, and are then taken down */
	bool plain;         /* no TLS at the gateway (with mgc) nor at the UEs */
	int pids[LOAD_PIDS_MAX];
	unsigned n_pids;
};

const char *load_mode_name(enum load_mode mode);
/* load.c: the whole run; an exit status. Prints one line of JSON. */
int load_run(const struct load_conf *conf);

/* ---- load_proc.c: what a set of processes used ---- */

struct load_thread {
	char name[16];
	uint64_t cpu_ns;
};

struct load_usage {
	uint64_t wall_ns;
	uint64_t cpu_ns; /* user and system, of threads that ended too */
	uint64_t own_cpu_ns;
	uint64_t rss_kb, private_kb;
	struct load_thread threads[LOAD_THREADS_MAX]; /* that are alive */
	unsigned n_threads;
};

uint64_t load_now_ns(void);
unsigned load_count_fds(int pid);
void load_usage_read(const struct load_conf *c, struct load_usage *u);

/* ---- load_mgc.c: H.248 ---- */

struct mgc;
struct ue;

/* A context made for a session. */
struct call {
	uint32_t ctx; /* 0: none */
	struct addr t1, t2; /* t2: of mgc_pair() */
	char path[2][LOAD_PATH_MAX]; /* of mgc_pair(): the gateway's MSRP URIs, empty without */
};

/* NULL when it cannot listen. on_ready comes once, with the gateway's registration. */
struct mgc *mgc_new(struct loop *l, const struct load_conf *c, const char *fingerprint,
                    void (*on_ready)(void *arg), void *arg);
/* Add (SYNs ignored) and Modify (fingerprint, source filter) as for a terminating call. done(arg, err) once *c
 * is filled in; c must live until then. */
void mgc_call(struct mgc *m, struct call *c, void (*done)(void *arg, int err), void *arg);
/* One side of a context in a role of its own; fingerprint and address of the peer are known beforehand. */
struct call_side {
	bool tls, listens; /* the gateway does; otherwise it connects to peer at once */
	struct addr peer;
	const char *path; /* the peer's a=path: application-aware MSRP; NULL: octets are carried as they are */
};
/* One Add for both; what listens takes connections from the peer's address. */
void mgc_pair(struct mgc *m, struct call *c, const struct call_side side[2], void (*done)(void *arg, int err),
              void *arg);
struct call_stats {
	unsigned n;            /* 2 when all is well */
	uint64_t in[2], out[2]; /* octets from and to the peer of each side */
};
/* Subtracts and waits for the statistics. */
void mgc_end(struct mgc *m, struct call *c, void (*done)(void *arg, const struct call_stats *st), void *arg);
/* Subtracts; nobody waits. */
void mgc_hang_up(struct mgc *m, struct call *c);

/* ---- load_hold.c ---- */

/* Says "held", waits for the end of standard input, takes all sessions down and prints what the gateway still has.
 * The loop must not be running. An exit status. */
int load_hold(struct loop *l, struct mgc *m, struct ue *ues, const struct load_conf *c);

/* ---- load_core.c: the servers ---- */

/* Listens at conf->core. on_octets: LOAD_UP. */
int core_new(struct loop *l, const struct load_conf *c, void (*on_octets)(void *arg, size_t n), void *arg);

/* ---- load_ue.c ---- */

struct ue_env;

/* What the UEs tell. */
struct ue_owner {
	void (*on_open)(void *arg, struct ue *u);     /* handshake done */
	void (*on_reply)(void *arg, struct ue *u);    /* a whole message came back */
	void (*on_octets)(void *arg, size_t n);       /* LOAD_DOWN */
	void (*on_end)(void *arg, struct ue *u, bool ok); /* the connection is gone */
};

struct ue {
	struct ue_env *env;
	struct loop_io io;
	struct ssl_st *ssl;
	int fd;
	enum { UE_NONE, UE_CONNECTING, UE_SECURING, UE_TALKING, UE_ENDING } state;
	size_t got;          /* of the answer */
	bool sends;          /* bulk */
	uint64_t began_ns, open_ns, asked_ns;
	struct call call;
	unsigned n_replies;
};

/* NULL with a message on standard error. fingerprint gets the certificate's sha-256. */
struct ue_env *ue_env_new(struct loop *l, const struct load_conf *c, const struct ue_owner *o, void *arg,
                          char fingerprint[LOAD_FPR_TEXT]);
void ue_init(struct ue *u, struct ue_env *env);
void ue_start(struct ue *u, const struct addr *to);
/* One message. */
void ue_ask(struct ue *u);
/* Bulk: begins to send, or asks the server to. */
void ue_flood(struct ue *u);
/* close_notify and FIN; on_end when the other side has closed too. */
void ue_finish(struct ue *u);
/* Closes at once; nobody is told. */
void ue_close(struct ue *u);
