/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker inside the test's loop (simulated clock, real loopback sockets) between a UE and a core peer. The peers are
 * plain sockets and plain OpenSSL. */
#pragma once

#include "agw/leg.h"
#include "agw/tls_ctx.h"
#include "agw/worker.h"
#include "proto/io/loop.h"
#include "tests/lib/tls_peer.h"

enum { T1, T2 };
enum { RIG_EVENTS_MAX = 64, RIG_KEEP_MAX = 256, RIG_BUDGET_MS = 1000, RIG_RELAY = 77, RIG_FDS_MAX = 256,
       RIG_CLOG_TRIES = 10000 };

struct rig;

struct rig_peer {
	struct rig *rig;
	struct loop_io io, listener;
	struct addr local; /* where it listens */
	int fd, listen_fd;
	int held_fd; /* keeps the port of a listener that is gone */
	struct tls_peer tls;
	bool has_tls;
	uint8_t mark;      /* DSCP of the connections that it opens */
	const char *early; /* written in one segment with the client's Finished */
	/* what is to be sent */
	const uint8_t *out;
	size_t out_len, out_sent;
	bool finish; /* close_notify, FIN behind it */
	/* what was seen */
	bool up, secure, eof, broken, finished;
	int alert;
	unsigned connections;
	size_t got;
	uint64_t hash; /* of all bytes got */
	char kept[RIG_KEEP_MAX + 1];
	bool deaf; /* does not read */
};

struct rig {
	struct loop *loop;
	struct inbox *inbox;
	struct worker *worker;
	struct tls_ctx *ctx;
	struct order order; /* specs as last ordered */
	struct addr t[2];   /* where the legs listen */
	struct rig_peer ue, core;
	struct event events[RIG_EVENTS_MAX];
	unsigned n_events;
	unsigned others[EVENT_STATS + 1]; /* of relays that the test has ordered besides */
	bool announced[2];
	struct event stats;
	bool has_stats;
};

/* host: "127.0.0.1" or "::1". Variant A as default: T1 listens with TLS, T2 connects when T1 accepted; the core peer
 * listens; the UE has a certificate, whose fingerprint is in the order already. Nothing is ordered yet. */
void rig_init(struct rig *r, const char *host, struct tls_peer_conf ue);
/* Subtracts the relay if it lives, checks that nothing is left, frees. */
void rig_fini(struct rig *r);
/* Another worker in place of the first, before anything is ordered. */
void rig_set_limits(struct rig *r, struct worker_conf wc);
/* The UE gets another TLS side. */
void rig_set_ue(struct rig *r, struct tls_peer_conf conf);
/* The UE and T1 speak plain TCP. */
void rig_go_plain(struct rig *r);
/* T2 (or T1) listens too; fd goes with the next order. */
void rig_listen(struct rig *r, unsigned side);
void rig_open(struct rig *r);
void rig_change(struct rig *r, unsigned side);
/* The relay's socket that is connected to p. */
int rig_socket(const struct rig_peer *p);
/* The kernel takes as little for it as it ever does. */
void rig_shrink_send_buffer(const struct rig_peer *p);
/* from sends these bytes to `to`, which is plain and stops to read, until some wait in the relay: the kernel took no more. */
void rig_clog(struct rig *r, struct rig_peer *from, struct rig_peer *to, const uint8_t *bytes, size_t len);
/* Orders statistics and waits for them (r->stats); the state of the leg at side. */
enum leg_state rig_state(struct rig *r, unsigned side);
/* Orders it and waits for the statistics. */
void rig_close(struct rig *r);

void peer_connect(struct rig_peer *p, const struct addr *to);
void peer_send(struct rig_peer *p, const void *bytes, size_t len);
void peer_finish(struct rig_peer *p);
/* RST. */
void peer_reset(struct rig_peer *p);
/* Quiet: FIN, or RST if bytes were unread. Ready to connect again. */
void peer_forget(struct rig_peer *p);
void peer_hear(struct rig_peer *p, bool on);
uint64_t peer_hash(const void *bytes, size_t len, uint64_t start);
#define PEER_HASH_START 1469598103934665603u

/* Turns the loop until done; false after budget_ms of simulated time. */
bool rig_until(struct rig *r, bool (*done)(void *rig), uint64_t budget_ms);
/* The same without a turn of the clock: the kernel is given real time, RIG_CLOG_TRIES ms at most, as after a closed window. */
bool rig_await(struct rig *r, bool (*done)(void *rig));
/* Lets everything come to rest for ms of simulated time. */
void rig_rest(struct rig *r, uint64_t ms);
/* The worker's. */
struct worker_counters rig_counters(const struct rig *r);
unsigned rig_count(const struct rig *r, enum event_kind kind, unsigned side);
/* The last one of that kind and side, or NULL. */
const struct event *rig_last(const struct rig *r, enum event_kind kind, unsigned side);
/* Waits for the event; false when it does not come within the budget. */
bool rig_wait(struct rig *r, enum event_kind kind, unsigned side, uint64_t budget_ms);
