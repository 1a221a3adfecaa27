/* SPDX-License-Identifier: BSD-2-Clause */
/* Between leg.c (listener, life), leg_orders.c (what is wanted), leg_io.c (bytes) and leg_fsm.c (the table); nobody else includes it. */
#pragma once

#include "agw/leg.h"

struct tls_wire;

/* The socket gives and takes application octets as they are. */
static inline bool
leg_is_bare(const struct leg *l)
{
	return !l->tls || l->ktls;
}

/* ---- leg_limit.c ---- */

/* May the listener's next connection be taken? Otherwise the listener rests until handshakes have ended. */
bool leg_may_accept(struct leg *l);
/* The listener took what was there, found nothing, or goes: the next one may try. */
void leg_leave_queue(struct leg *l);
/* A handshake counts from here... */
void leg_begin_handshake(struct leg *l);
/* ... to here, however it ends. Idempotent. */
void leg_settle(struct leg *l);
/* A step of the handshake, with bytes from the socket, when it is this leg's turn. */
void leg_queue_handshake(struct leg *l);
/* Out of descriptors: the listener rests for a while. */
void leg_starve(struct leg *l);
/* Waiting: begins, goes on or ends to count wait_ms. */
void leg_await(struct leg *l);
/* At a time-out of WAITING: wait_ms are over. True once. */
bool leg_is_forgotten(struct leg *l);
/* A connection came or is made: nothing to wait for. */
void leg_meet(struct leg *l);

/* ---- leg_rest.c ---- */

/* At a time-out: it was leg_rest()'s and is done with; otherwise it is the state machine's. */
bool leg_rest_is_over(struct leg *l);
/* LOOP_GONE or LOOP_BROKEN of the live socket. */
void leg_on_gone(struct leg *l, unsigned ready);

/* ---- leg_grown.c ---- */

void leg_grown_init(struct leg_env *env);
void leg_grown_fini(struct leg_env *env);
/* A connection begins: should it last, it gets what only such a one needs. Until l->young is unlinked. */
void leg_grow(struct leg *l);

/* ---- leg_probe.c ---- */

void leg_probe_init(struct leg_env *env);
void leg_probe_fini(struct leg_env *env);
/* A welcome newcomer is refused: the live connection is asked, soon and not too often, whether its peer is there. */
void leg_probe(struct leg *l);

/* ---- leg_linger.c ---- */

/* Closes all that linger. */
void leg_linger_fini(struct leg_env *env);
/* The peer may be sending just now. */
bool leg_is_heard(const struct leg *l);
/* Closes the socket, with RST if reset, and frees all that belonged to the connection. */
void leg_drop(struct leg *l, bool reset);

/* ---- leg_splice.c ---- */

/* False when out of descriptors. */
bool leg_splice_init(struct leg_env *env);
void leg_splice_fini(struct leg_env *env);

/* ---- leg_ktls.c ---- */

/* Just open: the kernel gets the keys, if it takes them; otherwise all stays as it is. False: it took those of one
 * direction only, and the connection is about to end. */
bool leg_ktls_take(struct leg *l);
/* leg_read()'s part, of at most max octets, or one record. */
void leg_ktls_read(struct leg *l, size_t max, struct leg_chunk *c);
/* close_notify, once the socket takes it; may be repeated. */
void leg_ktls_say_goodbye(struct leg *l);
/* No octets wait with us: neither does a record in the kernel, so that FIN may follow. Otherwise the socket's next
 * event asks again. */
bool leg_ktls_is_out(struct leg *l);

/* ---- leg_drain.c ---- */

/* Behind the last flush: from here on it is looked whether the peer takes something. */
void leg_drain_begin(struct leg *l);
/* The state's time is over. True: its peer took some of the last bytes meanwhile, and has as long again. */
bool leg_drain_goes_on(struct leg *l);

/* ---- leg_handshake.c ---- */

/* Ciphertext for a call: what was left before, else (if wanted) fresh from the socket. */
struct tls_wire leg_begin_call(struct leg *l, bool from_socket, size_t cap, int flags, struct leg_chunk *c);
/* What is left of the input of a call stays for the next one. */
void leg_keep_rest(struct leg *l, const struct tls_wire *w, struct leg_chunk *c);

/* ---- all ---- */

/* Ends the connection for a reason; the first one wins. detail is static text for the log or NULL. */
void leg_fail(struct leg *l, enum reason why, uint8_t alert, const char *detail);
/* Events of the live socket; l->io's callback. */
void leg_on_io(struct loop_io *io, unsigned ready);
/* Watches the listener, or not, as role and state ask for. */
void leg_watch_listener(struct leg *l);
/* fd, bound and listening, is the leg's from here on, in place of the old one. */
void leg_set_listener(struct leg *l, int fd);
/* Closes it. */
void leg_drop_listener(struct leg *l);
/* 0 ms: stops it. */
void leg_set_timer(struct leg *l, uint32_t ms);
/* Reason for the failure of a connect or of a plain socket. */
enum reason leg_tcp_reason(int err);

/* One step of the handshake, with bytes received before or, if from_socket, with new ones. */
void leg_handshake(struct leg *l, bool from_socket);
/* Ends the input that c is about. detail is static text. */
void leg_break_chunk(struct leg_chunk *c, enum reason why, uint8_t alert, const char *detail);
/* What a receiving call returned, as c's end or as a count; errno is that call's. cap: what was asked for. */
size_t leg_took(ssize_t n, size_t cap, struct leg_chunk *c);
/* To be called with all that was read, or was not. */
static inline void
leg_heard(struct leg *l, const struct leg_chunk *c)
{
	l->has_ended |= c->end == LEG_ENDS;
	if (c->len == 0)
		return;
	l->stats.octets_in += c->len;
	l->stirred_in = true;
	l->heard_ms = loop_now_ms(l->env->loop);
}

/* Before every send. Nagle's algorithm can only hold back what is sent while something is unacknowledged: until there is a
 * second thing to say, it need not be switched off. */
void leg_hurry(struct leg *l);
/* Straight to the socket when nothing waits; only what it does not take is copied. */
void leg_send_bytes(struct leg *l, const uint8_t *bytes, size_t len);
/* What a sending call returned, as a count; errno is that call's. False: the connection has ended. */
bool leg_sent(struct leg *l, ssize_t n, size_t *sent);
/* Bytes that the socket did not take wait behind those that wait already. */
void leg_keep(struct leg *l, const uint8_t *bytes, size_t len);
/* TLS is over, and the connection after it: an alert that the socket does not take is lost. It must not end the
 * connection by itself, for the reason to tell is TLS's, which lives as long as l->tls does. */
void leg_send_last(struct leg *l, const struct tls_wire *w);
/* Sends pending bytes as far as the socket takes them. */
void leg_flush(struct leg *l);
/* close_notify (TLS) behind the pending bytes. */
void leg_say_goodbye(struct leg *l);
