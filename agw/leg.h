/* SPDX-License-Identifier: BSD-2-Clause */
/* One TCP or TLS endpoint: listens or connects, secures, then reads and writes application bytes for its owner
 * (the relay). At most one live connection at a time; when it ends the leg waits for the next (RFC 4975 5.4). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agw/bufpool.h"
#include "agw/leg_probe.h"
#include "agw/order.h"
#include "proto/base/fsm.h"
#include "proto/base/log.h"
#include "proto/base/span.h"
#include "proto/io/loop.h"

enum {
	LEG_READ_MAX = 256 * 1024,               /* one recv */
	LEG_PLAIN_MAX = LEG_READ_MAX + 2 * 16384, /* what it can decrypt to, with a record begun before */
	LEG_SPLICE_MAX = 256 * 1024,             /* one splice */
	LEG_BULK_MIN = 65536,                    /* a read that shows that there is a mass to carry */
	LEG_WIRE_MAX = 576 * 1024,               /* its ciphertext, and replies of TLS itself */
	LEG_PENDING_MAX = 320 * 1024,            /* bytes waiting for one peer; beyond, the connection is broken */
	LEG_PIECES_MAX = 32,
	LEG_DRAIN_MS = 10000,                    /* for the last bytes of a leg that ends, while none is taken */
	LEG_SUCCESSION_MS = 2000,                /* for a connection to end whose peer has already made the next */
	LEG_ACCEPT_RETRY_MS = 500,               /* out of descriptors */
	LEG_REST_MS = 1000,                      /* not read for so long, the peer is looked after */
	LEG_LINGER_MS = 5000,                    /* for the peer to hear our last words while it sends; */
	LEG_LINGER_OCTETS = 4 * 1024 * 1024,     /* what is thrown away of it meanwhile */
	LEG_HEARD_MS = 200,                      /* who was heard so lately is probably still sending */
	LEG_HANDSHAKES_A_TURN = 4,               /* steps, each up to half a millisecond */
};

enum leg_state {
	LEG_WAITING,    /* no connection; listens if its role says so. For ever: wait_ms only reports */
	LEG_CONNECTING, /* tcp_ms */
	LEG_SECURING,   /* tls_ms */
	LEG_PAUSED,     /* fpr_ms: the handshake waits for the peer's fingerprint */
	LEG_OPEN,       /* for ever: idle_ms only reports */
	LEG_PEER_DONE,  /* the peer will send no more; for ever: we may still have to send */
	LEG_WE_DONE,    /* we will send no more; for ever: the peer may still have to send */
	LEG_DRAINING,   /* the last bytes go out; LEG_DRAIN_MS while the peer takes none */
	LEG_CLOSED,     /* the leg goes away */
	LEG_STATES,
};

enum leg_event {
	LEG_EV_TRIGGER,
	LEG_EV_ACCEPTED,
	LEG_EV_CONNECTED,
	LEG_EV_PAUSE,
	LEG_EV_FPR_KNOWN,
	LEG_EV_SECURED,
	LEG_EV_PEER_EOF,
	LEG_EV_FINISH,
	LEG_EV_DRAINED,
	LEG_EV_TIMEOUT,
	LEG_EV_FAIL,
	LEG_EV_CLOSE,
	LEG_EV_ABORT,
	LEG_EV_RECALL,
	LEG_EV_DISPOSE,
	LEG_EVENTS,
};

struct leg;
struct tls;

enum leg_limit { LEG_LIMIT_HANDSHAKES, LEG_LIMIT_DESCRIPTORS, LEG_LIMITS };

/* What came of a TLS connection that the kernel was to take over. */
enum leg_ktls {
	LEG_KTLS_TAKEN,
	/* It stays with OpenSSL: */
	LEG_KTLS_VERSION, /* TLS 1.2 */
	LEG_KTLS_MISSING, /* the kernel has no TLS */
	LEG_KTLS_REFUSED, /* nor this cipher */
	LEG_KTLS_PENDING, /* the handshake's last octets still wait for the socket */
	LEG_KTLS_LATE,    /* the peer has sent its FIN already */
	/* After the first: the peer changed its keys, and had to be left. */
	LEG_KTLS_REKEYED,
	LEG_KTLS_ENDS,
};

/* What ended a socket that outlived its leg (leg_linger.c). */
enum leg_linger {
	LEG_LINGER_HEARD,   /* the peer */
	LEG_LINGER_LATE,    /* LEG_LINGER_MS, or the worker's end */
	LEG_LINGER_FLOODED, /* LEG_LINGER_OCTETS */
	LEG_LINGER_FULL,    /* there was none: too many are lingering */
	LEG_LINGER_ENDS,
};

/* What the legs of one worker share. The scratch areas hold bytes during one callback only. */
struct leg_env {
	struct loop *loop;
	struct bufpool pool;
	uint8_t *in;    /* LEG_READ_MAX: ciphertext received */
	uint8_t *out;   /* LEG_WIRE_MAX: ciphertext to send */
	uint8_t *plain; /* LEG_PLAIN_MAX */
	uint8_t *room;  /* LEG_PLAIN_MAX: for owners that write other bytes than they read */
	uint8_t *record; /* TLS_RECORD_MAX: plaintext that lies in pieces */
	struct log_limit log_limit;
	int pipe[2];    /* for leg_splice(); empty between callbacks */
	bool copies;    /* never splices; the owner sets it */
	bool ktls;      /* open TLS connections go to the kernel if it takes them; likewise */
	uint64_t ktls_ends[LEG_KTLS_ENDS]; /* read by other threads, relaxed */
	uint64_t linger_ends[LEG_LINGER_ENDS]; /* likewise */
	uint64_t probe_ends[LEG_PROBE_ENDS];   /* likewise */
	bool filters;   /* accepted sockets have inherited the gate's filter */
	bool is_gated;  /* nobody gets through to a listener whose rule says IGNORE */
	/* Limits, 0: none. The owner sets them after leg_env_init(). */
	uint32_t handshakes_max; /* under way at a time */
	uint32_t lingers_max;    /* sockets that outlive their leg */
	uint32_t keepalive_s, dead_s; /* as sock_set_liveness() */
	struct msrp_limits msrp;      /* of application-aware relays */
	void (*on_limit)(void *arg, enum leg_limit which); /* or NULL */
	void *limit_arg;
	uint32_t handshakes, n_lingering;
	struct list waiting; /* legs whose listener rests until there are fewer */
	struct list turns;   /* legs with a step of a handshake to do */
	struct list lingering;
	struct list young;   /* connections that have not lasted yet, in order of age */
	struct list probed;  /* whose peer is being asked whether it is there, in order of look_ms */
	struct loop_timer grown, look;
	struct loop_defer next_turn;
};

/* 0 or ERR_NOMEM (nothing to undo). */
int leg_env_init(struct leg_env *env, struct loop *l);
void leg_env_fini(struct leg_env *env);

struct leg_owner {
	/* ACCEPTED, CONNECTED, TLS_UP, FAILED, CLOSED, IDLE; side, reason, alert and peer are set. Each ACCEPTED and
	 * CONNECTED is followed by exactly one FAILED or CLOSED, unless the leg is disposed of. */
	void (*on_event)(struct leg *l, const struct event *e);
	/* Secured: the owner may read and write. */
	void (*on_open)(struct leg *l);
	/* The owner reads, or says leg_want_read(false): asking for less in advance would cost more calls than it saves. */
	void (*on_readable)(struct leg *l);
	/* No bytes wait for the peer any more. */
	void (*on_drained)(struct leg *l);
	/* The connection is gone; comes after its FAILED or CLOSED. */
	void (*on_end)(struct leg *l, enum reason why);
	/* An accepted connection was closed at once because the gate's rule did not fit, or one was live. */
	void (*on_refused)(struct leg *l);
};

struct leg {
	struct fsm fsm;
	struct leg_env *env;
	const struct leg_owner *owner;
	void *arg; /* the owner's object */
	struct leg_spec spec;
	struct fpr_list *fprs; /* what the peer's certificate must match; there while spec.fpr_known */
	struct leg_stats stats;
	struct loop_io listener, io;
	struct loop_timer timer; /* of the state */
	struct loop_timer idle;
	struct list wait, turn, young, probed; /* in the worker's queues */
	uint64_t born_ms;       /* of the connection; only while it is young */
	uint64_t heard_ms;      /* when octets were last read */
	uint64_t ask_ms;        /* the peer's life is not asked after before; LEG_PROBE_MS behind the last question */
	uint64_t look_ms;       /* when the answer is looked for; only while it is probed */
	uint64_t undelivered;   /* DRAINING: octets that the peer had not acknowledged at the last look */
	uint64_t await_until;   /* wait_ms end; 0: not counted */
	int listen_fd, fd;
	int next_fd; /* just accepted, until the state machine takes it */
	struct addr next_peer;
	struct addr learned; /* LATCH: the source that came first */
	struct tls *tls;     /* NULL: plain, or not yet */
	struct bufq out;     /* bytes that the socket did not take yet */
	struct buf *unread;  /* ciphertext received together with the end of the handshake */
	enum reason reason;  /* why the connection is about to end */
	uint8_t alert;
	uint8_t side;
	uint32_t connect_round; /* the one that has been tried, or met a live connection */
	bool accepted;  /* the peer opened the live connection: we are TLS server */
	bool announced; /* ACCEPTED or CONNECTED was told */
	bool shaking;   /* counted in the worker's handshakes */
	bool was_met;   /* a connection came, was tried, or its absence was told */
	bool stirred_in, stirred_out; /* octets since the idle timer was set */
	bool is_ordered;   /* connect_round asked for the attempt that is under way */
	bool is_relatched; /* RELATCH came after the live connection */
	bool pressed;   /* the peer's next connection waits for this one's end */
	bool ktls;      /* the kernel has both keys of this open TLS connection: the socket gives and takes plaintext */
	bool bye;       /* ktls: close_notify went out */
	bool in_part;   /* ktls: a part of a record has come */
	uint64_t ktls_base; /* ktls: see leg_ktls_is_out() */
	bool is_bulk;   /* plain, and the last read was of LEG_BULK_MIN or more */
	bool is_reachable; /* somebody may have got through to the listener */
	bool has_sent;  /* something that the peer may not have acknowledged yet */
	bool has_ended; /* the peer's end was read */
	bool lingers;   /* at its end the socket waits for the peer, who may still be sending, to hear our last words */
	bool is_prompt; /* Nagle's algorithm is off */
	uint8_t mark;   /* DSCP of what we send */
};

extern const struct fsm_desc leg_fsm;

/* Waiting, with nothing to do. id is the relay's, for log lines (the machine's is 2 * id + side). */
void leg_init(struct leg *l, struct leg_env *env, const struct leg_owner *owner, void *arg, uint8_t side, uint32_t id);
/* Closes everything without a word to the owner; idempotent. */
void leg_fini(struct leg *l);

/* The whole of what is wanted from now on; fprs counts if spec->fpr_known. listen_fd: a bound and listening socket that replaces
 * the old one, owned from here on, or -1; it bears spec->dscp unless that is to be copied. Does not connect. */
void leg_apply(struct leg *l, const struct leg_spec *spec, const struct fpr_set *fprs, int listen_fd);
/* Connects if the role allows, the remote address is known and no connection is live. */
void leg_trigger(struct leg *l);
/* spec.connect_round asks for a connection that was neither tried yet nor found to be there. */
static inline bool
leg_is_ordered(const struct leg *l)
{
	return l->spec.connect_round != l->connect_round;
}

/* What one turn of reading gave. bytes lie in the worker's scratch area. */
struct leg_chunk {
	const uint8_t *bytes;
	size_t len;
	bool full; /* the socket gave as much as was asked for: it probably has more */
	enum { LEG_GOES_ON, LEG_ENDS, LEG_BREAKS } end; /* what follows after bytes: leg_end_input() */
	enum reason reason; /* LEG_BREAKS: why */
	uint8_t alert;
	const char *detail;
};

/* At most one recv, of at most max octets (1 to LEG_READ_MAX; a TLS record that ends in it may give more). Only in
 * states where leg_takes_input() holds. */
void leg_read(struct leg *l, size_t max, struct leg_chunk *c);
/* Bytes may go from one leg to the other unseen, and come in such masses that it pays. */
bool leg_may_splice(const struct leg *from, const struct leg *to);
/* leg_read() and leg_write() in one, of at most LEG_SPLICE_MAX octets; c has their number and no bytes. Nothing may
 * wait for `to`. */
void leg_splice(struct leg *from, struct leg *to, size_t max, struct leg_chunk *c);
/* To be called with c->end after the chunk's bytes were used. */
void leg_end_input(struct leg *l, const struct leg_chunk *c);
/* Sends what the socket takes and keeps the rest; len <= LEG_PLAIN_MAX. A failure shows as on_end. */
void leg_write(struct leg *l, const uint8_t *bytes, size_t len);
/* The same for 1 to LEG_PIECES_MAX pieces, LEG_PLAIN_MAX octets in all. */
void leg_write_pieces(struct leg *l, const struct span *piece, unsigned n);
/* Ends our direction (close_notify, FIN) once the pending bytes are out. */
void leg_finish(struct leg *l);
/* The partner is gone: sends what is pending and closes. */
void leg_close(struct leg *l);
/* The partner's connection was reset: so is this one. */
void leg_abort(struct leg *l);
void leg_want_read(struct leg *l, bool on);
/* DSCP of what is sent from now on, on connections too that are still to come. */
void leg_set_mark(struct leg *l, uint8_t dscp);
/* Leaves in the kernel what the peer sends, until leg_want_read(); a reset is noticed all the same. */
void leg_hold(struct leg *l);
/* The same for what is rarely for long: costs no call, and a reset is noticed after LEG_REST_MS. */
void leg_rest(struct leg *l);

static inline enum leg_state
leg_get_state(const struct leg *l)
{
	return (enum leg_state)l->fsm.state;
}

/* Has a connection, in whatever state. */
static inline bool
leg_is_live(const struct leg *l)
{
	return l->fd >= 0;
}

/* Open, and the peer may still send; open, and we may still send. */
bool leg_takes_input(const struct leg *l);
bool leg_takes_output(const struct leg *l);

static inline bool
leg_is_blocked(const struct leg *l)
{
	return l->out.len != 0;
}

/* Bytes to read that no event of the socket will tell of. */
static inline bool
leg_has_unread(const struct leg *l)
{
	return l->unread != NULL;
}
