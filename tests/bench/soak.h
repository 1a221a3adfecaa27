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

/* ---- soak.c ---- */

struct soak_conf {
	struct addr mgc;
	const char *cert, *key;
	int pid;
	uint64_t mib, sessions, seed, max_size, memory_kb;
	unsigned parallel, limit_s, settle_s, rounds;
	bool empty; /* nobody ever connects */
};

/* The whole run; an exit status: 3 when it could not begin. */
int soak_run(const struct soak_conf *conf);

/* ---- soak_end.c: one end of a session ---- */

struct soak_env;

enum soak_fate { SOAK_GOES_ON, SOAK_DONE, SOAK_WAS_RESET, SOAK_WAS_CUT, SOAK_DID_ABORT, SOAK_BROKE };

struct soak_end {
	struct soak_env *env;
	void *arg; /* the session */
	struct loop_io io, listener;
	struct loop_timer pause;
	struct ssl_st *ssl;
	int fd, listen_fd;
	bool tls, connects;   /* it does; otherwise it listens and the gateway connects */
	bool is_up, deaf, mute, holds; /* holds: sends after the other's end only */
	bool finished, eof;
	enum soak_fate fate;
	const char *why;      /* SOAK_BROKE */
	struct addr local;    /* where it listens */
	uint64_t seed[2];     /* of what it sends, of what it gets */
	uint64_t to_send, sent, got;
	uint64_t abort_at;    /* UINT64_MAX: never */
	size_t tried;         /* of a write that TLS wants repeated */
};

struct soak_owner {
	void (*on_progress)(void *arg, struct soak_end *e, size_t got);
	void (*on_end)(void *arg, struct soak_end *e); /* fate is set, nothing is open */
};

/* For the process' life. NULL with a message. fingerprint gets the certificate's sha-256. */
struct soak_env *soak_env_new(struct loop *l, const char *cert, const char *key, uint64_t seed,
                              const struct soak_owner *o, char fingerprint[LOAD_FPR_TEXT]);
/* tls, connects, seed, to_send, abort_at, holds and arg are set by the caller afterwards. */
void soak_end_init(struct soak_end *e, struct soak_env *env);
/* Listens at a port of the kernel's choice if the gateway is to connect. */
int soak_end_listen(struct soak_end *e);
/* Connects if it is the one that does. */
void soak_end_start(struct soak_end *e, const struct addr *to);
/* Resets the connection: SOAK_DID_ABORT. */
void soak_end_abort(struct soak_end *e);
/* Closes what is open, without a callback. */
void soak_end_fini(struct soak_end *e);
