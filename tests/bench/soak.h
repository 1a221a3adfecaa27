/* SPDX-License-Identifier: BSD-2-Clause */
/* Many sessions of all role pairs through a running ims-agw, with random sizes, pauses, half-closes and aborts: every
 * octet arrives once, in order, unchanged. One process plays the controller and both ends of every session. */
#pragma once

#include "tests/bench/load.h"

enum {
	SOAK_BLOCK = 65521,       /* period of the contents, a prime */
	SOAK_IO = 65536,
	SOAK_SESSIONS_MAX = 4096, /* at a time */
	SOAK_PAUSE_MS = 20,       /* longest */
	SOAK_PATH_MAX = LOAD_PATH_MAX,
};

/* What becomes of a session. */
enum soak_plan {
	SOAK_BOTH,     /* both send and finish when they like: half-closed for a while */
	SOAK_REPLY,    /* one finishes, then the other sends */
	SOAK_ABORT,    /* one resets in the midst */
	SOAK_SUBTRACT, /* the controller ends it in the midst */
	SOAK_EMPTY,    /* nobody connects */
	SOAK_PLANS,
};

/* xorshift64*; never 0. */
static inline uint64_t
soak_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1Du;
}

/* As many small ones as large ones, 0 to max. */
uint64_t soak_random_size(uint64_t *state, uint64_t max);

/* ---- soak.c ---- */

struct soak_conf {
	struct addr mgc;
	const char *cert, *key;
	int pid;
	uint64_t mib, sessions, seed, max_size, memory_kb;
	unsigned parallel, limit_s, settle_s, rounds;
	bool empty; /* nobody ever connects */
	bool ipv6;  /* half of the sides */
	unsigned aware; /* this percentage of the sessions is application-aware MSRP */
};

/* The whole run; an exit status: 3 when it could not begin. */
int soak_run(const struct soak_conf *conf);

/* ---- soak_end.c: one end of a session ---- */

struct soak_msrp;
struct soak_end;

struct soak_owner {
	void (*on_progress)(void *arg, struct soak_end *e, size_t got);
	void (*on_end)(void *arg, struct soak_end *e); /* fate is set, nothing is open */
};

/* soak_env.c: what all ends share. */
struct soak_env {
	struct loop *loop;
	const struct soak_owner *owner;
	struct ssl_ctx_st *ctx[2]; /* client, server */
	uint64_t random;
	uint8_t pattern[2 * SOAK_BLOCK], in[SOAK_IO];
};

enum soak_fate { SOAK_GOES_ON, SOAK_DONE, SOAK_WAS_RESET, SOAK_WAS_CUT, SOAK_DID_ABORT, SOAK_BROKE };

struct soak_end {
	struct soak_env *env;
	void *arg; /* the session */
	struct loop_io io, listener;
	struct loop_timer pause;
	struct ssl_st *ssl;
	struct soak_msrp *msrp; /* NULL: bare octets */
	int fd, listen_fd;
	bool tls, connects;   /* it does; otherwise it listens and the gateway connects */
	bool is_up, deaf, mute, holds; /* holds: sends after the other's end only */
	bool finished, eof;
	enum soak_fate fate;
	const char *why;      /* SOAK_BROKE */
	struct addr local;    /* where it listens; its family also if not */
	uint64_t seed[2];     /* of what it sends, of what it gets */
	uint64_t to_send, sent, got; /* of the stream that is compared */
	uint64_t wire_sent, wire_got; /* with MSRP's own octets */
	uint64_t abort_at;    /* UINT64_MAX: never */
	size_t tried;         /* of a write that TLS wants repeated */
};

/* For the process' life. NULL with a message. fingerprint gets the certificate's sha-256. */
struct soak_env *soak_env_new(struct loop *l, const char *cert, const char *key, uint64_t seed,
                              const struct soak_owner *o, char fingerprint[LOAD_FPR_TEXT]);
/* tls, connects, seed, to_send, abort_at, holds and arg are set by the caller afterwards. */
void soak_end_init(struct soak_end *e, struct soak_env *env);
/* Whatever got is what the stream must have next: the end breaks and the result is false if not. */
bool soak_check(struct soak_end *e, const uint8_t *at, size_t n);
/* The contents of a stream at an offset; *len is cut to what lies there in one piece. */
const uint8_t *soak_contents(const struct soak_env *env, uint64_t seed, uint64_t at, size_t *len);
/* The gateway's MSRP URI on this side is known: it may send. */
void soak_end_set_path(struct soak_end *e, const char *path);
/* Listens at a port of the kernel's choice if the gateway is to connect. */
int soak_end_listen(struct soak_end *e);
/* Connects if it is the one that does. */
void soak_end_start(struct soak_end *e, const struct addr *to);
/* Resets the connection: SOAK_DID_ABORT. */
void soak_end_abort(struct soak_end *e);
/* Closes what is open, without a callback. */
void soak_end_fini(struct soak_end *e);

/* ---- soak_msrp.c ---- */

/* at: its address. Never NULL. */
struct soak_msrp *soak_msrp_new(uint64_t number, bool tls, const struct addr *at);
void soak_msrp_free(struct soak_msrp *m);
const char *soak_msrp_own(const struct soak_msrp *m);
/* Nothing is sent before the peer is known. */
void soak_msrp_set_peer(struct soak_msrp *m, const char *path);
/* Octets to send; answers go out even if the stream's own may not. NULL: none. */
const char *soak_msrp_peek(struct soak_end *e, bool may_send, uint64_t random, size_t *len);
bool soak_msrp_has_more(const struct soak_end *e, bool may_send);
void soak_msrp_skip(struct soak_end *e, size_t n);
/* Received octets; false when they are no MSRP for us. Their bodies go to soak_check(). */
bool soak_msrp_take(struct soak_end *e, const uint8_t *bytes, size_t n);
