/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* OpenSSL has a type by the name of one of our error codes; this file needs neither. */
#define ERR_STATE load_err_state
#include "tests/bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"

enum { WRITES_A_TURN = 16 };

struct ue_env {
	const struct load_conf *conf;
	struct loop *loop;
	const struct ue_owner *owner;
	void *arg;
	SSL_CTX *ctx;
	uint8_t out[LOAD_RECORD], in[LOAD_IO];
};

void
ue_close(struct ue *u)
{
	loop_io_stop(&u->io);
	SSL_free(u->ssl);
	u->ssl = NULL;
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	u->state = UE_NONE;
}

static void
end(struct ue *u, bool ok)
{
	if (!ok)
		fprintf(stderr, "load: a connection broke: state %d, %s\n", (int)u->state, strerror(errno));
	ue_close(u);
	u->env->owner->on_end(u->env->arg, u, ok);
}

/* With --plain u->ssl is NULL, and these are send and recv. */
static int
put_bytes(struct ue *u, const void *bytes, int len)
{
	return u->ssl ? SSL_write(u->ssl, bytes, len) : (int)send(u->fd, bytes, (size_t)len, MSG_NOSIGNAL);
}

static int
get_bytes(struct ue *u)
{
	return u->ssl ? SSL_read(u->ssl, u->env->in, LOAD_IO) : (int)recv(u->fd, u->env->in, LOAD_IO, 0);
}

/* After a call that gave rc <= 0: true if it is to be repeated. */
static bool
wait_again(struct ue *u, int rc)
{
	int e;

	if (u->ssl)
		e = SSL_get_error(u->ssl, rc);
	else
		e = rc < 0 && errno == EAGAIN ? u->sends ? SSL_ERROR_WANT_WRITE : SSL_ERROR_WANT_READ : SSL_ERROR_SYSCALL;

	if (e == SSL_ERROR_WANT_READ)
		loop_io_want(&u->io, LOOP_READ);
	else if (e == SSL_ERROR_WANT_WRITE)
		loop_io_want(&u->io, LOOP_READ | LOOP_WRITE);
	else
		return false;
	return true;
}

static bool
put(struct ue *u, const void *bytes, int len)
{
	int rc = put_bytes(u, bytes, len);

	return rc == len || wait_again(u, rc);
}

static void
take(struct ue *u, size_t n)
{
	struct ue_env *env = u->env;

	if (env->conf->mode == LOAD_DOWN) {
		env->owner->on_octets(env->arg, n);
		return;
	}
	u->got += n;
	if (u->got >= LOAD_MESSAGE) {
		u->got -= LOAD_MESSAGE;
		u->n_replies++;
		env->owner->on_reply(env->arg, u);
	}
}

static void
read_all(struct ue *u)
{
	int rc;

	while (u->state == UE_TALKING && (rc = get_bytes(u)) > 0)
		take(u, (size_t)rc);
	if (u->state == UE_TALKING && !wait_again(u, rc))
		end(u, false);
}

static void
write_some(struct ue *u)
{
	int rc = 1;

	for (unsigned i = 0; i < WRITES_A_TURN && rc > 0; i++)
		rc = put_bytes(u, u->env->out, LOAD_RECORD);
	if (rc > 0)
		loop_io_want(&u->io, LOOP_READ | LOOP_WRITE);
	else if (!wait_again(u, rc))
		end(u, false);
}

static void
secure(struct ue *u)
{
	int rc = u->ssl ? SSL_connect(u->ssl) : 1;

	if (rc == 1) {
		u->state = UE_TALKING;
		u->open_ns = load_now_ns();
		loop_io_want(&u->io, LOOP_READ);
		u->env->owner->on_open(u->env->arg, u);
	} else if (!wait_again(u, rc)) {
		ERR_print_errors_fp(stderr);
		end(u, false);
	}
	ERR_clear_error();
}

static void
on_io(struct loop_io *io, unsigned ready)
{
	struct ue *u = io->arg;
	ssize_t n;
	int err;

	switch (u->state) {
	case UE_NONE:
		break;
	case UE_CONNECTING:
		err = sock_error(u->fd);
		if (err) {
			fprintf(stderr, "load: no connection: %s\n", err_str(err));
			end(u, false);
			break;
		}
		u->state = UE_SECURING;
		u->ssl = u->env->conf->plain ? NULL : SSL_new(u->env->ctx);
		if (u->ssl)
			SSL_set_fd(u->ssl, u->fd);
		secure(u);
		break;
	case UE_SECURING:
		secure(u);
		break;
	case UE_TALKING:
		if (u->sends && ready & LOOP_WRITE)
			write_some(u);
		if (ready & LOOP_READ)
			read_all(u);
		break;
	case UE_ENDING:
		n = recv(u->fd, u->env->in, LOAD_IO, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			end(u, true);
		break;
	}
}

void
ue_init(struct ue *u, struct ue_env *env)
{
	*u = (struct ue){ .env = env, .fd = -1 };
}

void
ue_start(struct ue *u, const struct addr *to)
{
	u->got = 0;
	u->n_replies = 0;
	u->began_ns = load_now_ns();
	u->fd = sock_tcp_connect(NULL, to);
	if (u->fd < 0) {
		u->fd = -1;
		end(u, false);
		return;
	}
	if (!u->env->conf->nagle)
		sock_set_nodelay(u->fd);
	u->state = UE_CONNECTING;
	loop_io_init(&u->io, u->env->loop, u->fd, on_io, u);
	loop_io_want(&u->io, LOOP_WRITE);
}

void
ue_ask(struct ue *u)
{
	u->asked_ns = load_now_ns();
	if (!put(u, u->env->out, LOAD_MESSAGE))
		end(u, false);
}

void
ue_flood(struct ue *u)
{
	u->sends = u->env->conf->mode == LOAD_UP;
	if (u->sends)
		loop_io_want(&u->io, LOOP_READ | LOOP_WRITE);
	else
		ue_ask(u);
}

void
ue_finish(struct ue *u)
{
	u->state = UE_ENDING;
	if (u->ssl)
		SSL_shutdown(u->ssl);
	ERR_clear_error();
	if (shutdown(u->fd, SHUT_WR) != 0)
		end(u, false);
	else
		loop_io_want(&u->io, LOOP_READ);
}

static bool
set_up(struct ue_env *env, char fingerprint[LOAD_FPR_TEXT])
{
	const struct load_conf *c = env->conf;
	char groups[] = "P-256"; /* what all of the proxies take without asking again */
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	SSL_CTX_set_default_read_buffer_len(env->ctx, LOAD_IO);
	SSL_CTX_set_read_ahead(env->ctx, 1);
	SSL_CTX_set_mode(env->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(env->ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(env->ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(env->ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set1_groups_list(env->ctx, groups) != 1 ||
	    SSL_CTX_use_certificate_file(env->ctx, c->cert, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(env->ctx, c->key, SSL_FILETYPE_PEM) != 1 ||
	    X509_digest(SSL_CTX_get0_certificate(env->ctx), EVP_sha256(), digest, &n) != 1)
		return false;
	for (unsigned i = 0; i < n; i++)
		snprintf(fingerprint + 3 * i, 4, "%02X%s", digest[i], i + 1 < n ? ":" : "");
	return true;
}

struct ue_env *
ue_env_new(struct loop *l, const struct load_conf *c, const struct ue_owner *o, void *arg,
           char fingerprint[LOAD_FPR_TEXT])
{
	struct ue_env *env = calloc(1, sizeof(*env)); /* for the process' life */

	if (!env)
		return NULL;
	*env = (struct ue_env){ .conf = c, .loop = l, .owner = o, .arg = arg };
	env->ctx = SSL_CTX_new(TLS_client_method());
	memset(env->out, 'm', sizeof(env->out));
	if (env->ctx && set_up(env, fingerprint))
		return env;
	ERR_print_errors_fp(stderr);
	return NULL;
}
