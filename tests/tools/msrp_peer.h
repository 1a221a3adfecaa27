/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of msrp_peer: one connection, told line by line. Whatever fails or lasts too long ends the program. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

enum { BUF_BYTES = 65536, TEXT_BYTES = 4096 };

struct peer_conf {
	const char *name, *connect, *listen, *bind, *cert, *key, *send, *from_path, *to_path, *hold;
	enum { TLS_OFF, TLS_CLIENT, TLS_SERVER } tls;
	bool no_cert, early, make_cert;
	int timeout_ms, want_messages;
};

struct peer {
	int fd;
	SSL *ssl; /* NULL: plain TCP */
	char in[BUF_BYTES + 1]; /* room for a NUL */
	size_t in_len;
	unsigned long bytes_in, bytes_out;
	int messages, answers;
	long long deadline;
};

extern struct peer_conf conf;
extern struct peer me;

/* ---- peer_wire.c ---- */
long long now_ms(void);
/* One event a line: time, name, what happened. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The last line but one of every run. */
void say_total(void);
void give_up(const char *why) __attribute__((noreturn));
/* Waits for poll(2)'s events. */
void wait_for(int fd, short events);
/* conf.connect, from conf.bind if that is set. */
void tcp_connect(void);
/* One connection at conf.listen. */
void tcp_accept(void);
/* While it is on, no segment leaves that is not full. */
void tcp_cork(bool on);
void write_all(const char *p, size_t len);
/* More octets of the peer in me.in; false at the end of the stream. */
bool read_more(void);

/* ---- peer_tls.c ---- */
/* With the certificate of conf.cert, with one of its own (written there with conf.make_cert), or with none. Any
 * certificate of the peer is welcome. */
SSL_CTX *tls_context(void);
/* Handshake over me.fd. */
void tls_start(SSL_CTX *ctx);
/* What went wrong, for give_up(). */
const char *tls_why(void);
