/* SPDX-License-Identifier: BSD-2-Clause */
/* An MSRP endpoint for tests and the demonstration: a UE (TLS) or a core peer (TCP), one connection, line by line
 * reports on standard output. Uses nothing of the project, so that it can be wrong only in its own ways. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUF_BYTES = 65536, TEXT_BYTES = 4096 };

static struct {
	const char *name, *connect, *listen, *bind, *cert, *key, *send, *from_path, *to_path, *hold;
	enum { TLS_OFF, TLS_CLIENT, TLS_SERVER } tls;
	bool no_cert, early, print_only, make_cert;
	int timeout_ms, want_messages;
} conf = {
	.name = "peer",
	.from_path = "msrp://127.0.0.1:2855/demo-from;tcp",
	.to_path = "msrp://127.0.0.1:2855/demo-to;tcp",
	.timeout_ms = 30000,
};

static struct {
	int fd;
	SSL_CTX *ctx; /* never freed: one process, one context */
	SSL *ssl;
	char in[BUF_BYTES];
	size_t in_len;
	unsigned long bytes_in, bytes_out;
	int messages, answers;
	long long deadline;
} me = { .fd = -1 };

static long long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* One event a line: time, name, what happened. */
static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void
say(const char *fmt, ...)
{
	struct timespec ts;
	struct tm tm;
	char when[32];
	va_list ap;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("%s.%03ldZ %s: ", when, ts.tv_nsec / 1000000, conf.name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void __attribute__((noreturn)) give_up(const char *why);
static void
give_up(const char *why)
{
	say("failed: %s", why);
	say("total bytes-in=%lu bytes-out=%lu messages=%d answers=%d", me.bytes_in, me.bytes_out, me.messages,
	    me.answers);
	exit(1);
}

static const char *
tls_why(void)
{
	static char text[256];
	unsigned long e = ERR_peek_last_error();

	ERR_error_string_n(e, text, sizeof(text));
	return e ? text : "connection closed";
}

/* Waits for fd; leaves the program when the time is over. */
static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	long long left = me.deadline - now_ms();

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		give_up("time is over");
}

static socklen_t
parse_addr(const char *text, struct sockaddr_storage *ss)
{
	char host[128];
	const char *colon = strrchr(text, ':');
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *ai;
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	socklen_t n;

	if (text[0] == '[' && len >= 2 && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		give_up("bad address");
	memcpy(host, text, len);
	host[len] = '\0';
	if (getaddrinfo(host, colon ? colon + 1 : "0", &hints, &ai) != 0)
		give_up("bad address");
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	n = ai->ai_addrlen;
	freeaddrinfo(ai);
	return n;
}

static const char *
addr_text(const struct sockaddr_storage *ss)
{
	static char text[128];
	char host[64], port[8];

	getnameinfo((const struct sockaddr *)ss, sizeof(*ss), host, sizeof(host), port, sizeof(port),
	            NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, sizeof(text), ss->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return text;
}

static void
tcp_connect(void)
{
	struct sockaddr_storage to, from;
	socklen_t len = parse_addr(conf.connect, &to), err_len = sizeof(int);
	int err = 0, one = 1;

	me.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(me.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (conf.bind) {
		socklen_t n = parse_addr(conf.bind, &from);

		if (bind(me.fd, (struct sockaddr *)&from, n) != 0)
			give_up(strerror(errno));
	}
	say("connecting to %s", conf.connect);
	if (connect(me.fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS)
		give_up(strerror(errno));
	wait_for(me.fd, POLLOUT);
	getsockopt(me.fd, SOL_SOCKET, SO_ERROR, &err, &err_len);
	if (err)
		give_up(strerror(err));
	say("connected");
}

static void
tcp_listen(void)
{
	struct sockaddr_storage ss;
	socklen_t len = parse_addr(conf.listen, &ss);
	int one = 1, l = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&ss, len) != 0 || listen(l, 4) != 0)
		give_up(strerror(errno));
	len = sizeof(ss);
	getsockname(l, (struct sockaddr *)&ss, &len);
	say("listening on %s", addr_text(&ss));
	while (me.fd < 0) {
		wait_for(l, POLLIN);
		len = sizeof(ss);
		me.fd = accept4(l, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK);
	}
	close(l);
	say("accepted from %s", addr_text(&ss));
}

static int
accept_any_certificate(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static void
make_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 365L * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)conf.name, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	if (!X509_sign(x, key, EVP_sha256()))
		give_up("cannot sign the certificate");
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, key);
	if (conf.make_cert) {
		FILE *f = fopen(conf.cert, "w");

		if (!f || !PEM_write_X509(f, x) || fclose(f) != 0 || !(f = fopen(conf.key, "w")) ||
		    !PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) || fclose(f) != 0)
			give_up("cannot write the certificate");
	}
	X509_free(x);
	EVP_PKEY_free(key);
}

static void
say_fingerprint(SSL_CTX *ctx)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[3 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;

	X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), md, &n);
	for (unsigned i = 0; i < n; i++)
		snprintf(text + 3 * i, 4, "%02X:", md[i]);
	text[3 * n - 1] = '\0';
	say("fingerprint sha-256 %s", text);
}

static SSL_CTX *
tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	SSL_CTX_set_cert_verify_callback(ctx, accept_any_certificate, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (conf.no_cert)
		return ctx;
	if (conf.cert && !conf.make_cert) {
		if (SSL_CTX_use_certificate_chain_file(ctx, conf.cert) != 1 ||
		    SSL_CTX_use_PrivateKey_file(ctx, conf.key, SSL_FILETYPE_PEM) != 1)
			give_up(tls_why());
	} else {
		make_certificate(ctx);
	}
	say_fingerprint(ctx);
	return ctx;
}

static void
cork(int on)
{
	setsockopt(me.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void
tls_start(SSL_CTX *ctx)
{
	int rc;

	me.ssl = SSL_new(ctx);
	SSL_set_fd(me.ssl, me.fd);
	if (conf.early)
		cork(1); /* Finished and the first SEND leave in one segment */
	say("tls start");
	while ((rc = conf.tls == TLS_CLIENT ? SSL_connect(me.ssl) : SSL_accept(me.ssl)) != 1) {
		int e = SSL_get_error(me.ssl, rc);

		if (e == SSL_ERROR_WANT_READ) {
			if (conf.early) { /* a corked ClientHello must still get out */
				cork(0);
				cork(1);
			}
			wait_for(me.fd, POLLIN);
		} else if (e == SSL_ERROR_WANT_WRITE) {
			wait_for(me.fd, POLLOUT);
		} else {
			give_up(tls_why());
		}
	}
	say("tls up %s", SSL_get_version(me.ssl));
}

static void
write_all(const char *p, size_t len)
{
	while (len) {
		ssize_t n;

		if (me.ssl) {
			n = SSL_write(me.ssl, p, (int)len);
			if (n <= 0) {
				int e = SSL_get_error(me.ssl, (int)n);

				if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
					give_up(tls_why());
				wait_for(me.fd, e == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
				continue;
			}
		} else {
			n = send(me.fd, p, len, MSG_NOSIGNAL);
			if (n < 0 && errno == EAGAIN) {
				wait_for(me.fd, POLLOUT);
				continue;
			}
			if (n < 0)
				give_up(strerror(errno));
		}
		p += n;
		len -= (size_t)n;
		me.bytes_out += (unsigned long)n;
	}
}

/* More octets of the peer; false at the end of the stream. */
static bool
read_more(void)
{
	for (;;) {
		char *at = me.in + me.in_len;
		size_t room = sizeof(me.in) - me.in_len;
		ssize_t n;

		if (room == 0)
			give_up("message too large for this peer");
		if (me.ssl) {
			n = SSL_read(me.ssl, at, (int)room);
			if (n <= 0) {
				int e = SSL_get_error(me.ssl, (int)n);

				if (e == SSL_ERROR_ZERO_RETURN)
					return false;
				if (e == SSL_ERROR_WANT_READ) {
					wait_for(me.fd, POLLIN);
					continue;
				}
				give_up(tls_why());
			}
		} else {
			n = recv(me.fd, at, room, 0);
			if (n < 0 && errno == EAGAIN) {
				wait_for(me.fd, POLLIN);
				continue;
			}
			if (n < 0)
				give_up(strerror(errno));
			if (n == 0)
				return false;
		}
		me.in_len += (size_t)n;
		me.bytes_in += (unsigned long)n;
		return true;
	}
}

/* Keeps the connection until the test makes the file: what happens meanwhile must not disturb it. */
static void
hold(void)
{
	struct pollfd p = { .fd = me.fd, .events = POLLRDHUP };

	say("holding");
	while (access(conf.hold, F_OK) != 0) {
		if (now_ms() > me.deadline)
			give_up("time is over");
		if (poll(&p, 1, 20) > 0)
			give_up("the connection ended while it was held");
	}
}

static void
send_message(void)
{
	char text[TEXT_BYTES];
	size_t n = strlen(conf.send);
	int len = snprintf(text, sizeof(text),
	                   "MSRP d93kswow SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: 12339sdqwer\r\n"
	                   "Byte-Range: 1-%zu/%zu\r\nContent-Type: text/plain\r\n\r\n%s\r\n-------d93kswow$\r\n",
	                   conf.to_path, conf.from_path, n, n, conf.send);

	write_all(text, (size_t)len);
	say("sent SEND d93kswow");
}

/* Value of a header inside the message, for the answer. */
static void
header(const char *msg, const char *name, char *value, size_t cap)
{
	const char *p = strstr(msg, name);
	size_t n = p ? strcspn(p + strlen(name), "\r") : 0;

	if (n >= cap)
		n = cap - 1;
	if (p)
		memcpy(value, p + strlen(name), n);
	value[n] = '\0';
}

static void
answer_message(const char *msg, const char *tid)
{
	char to[512], from[512], text[TEXT_BYTES];
	int len;

	header(msg, "\r\nTo-Path: ", to, sizeof(to));
	header(msg, "\r\nFrom-Path: ", from, sizeof(from));
	len = snprintf(text, sizeof(text), "MSRP %s 200 OK\r\nTo-Path: %s\r\nFrom-Path: %s\r\n-------%s$\r\n", tid,
	               from, to, tid);
	write_all(text, (size_t)len);
	say("sent 200 %s", tid);
}

/* Takes whole messages off the input; true when one was there. */
static bool
take_message(void)
{
	char tid[40], word[40], end[64], *stop;
	size_t len;

	me.in[me.in_len < sizeof(me.in) ? me.in_len : sizeof(me.in) - 1] = '\0';
	if (sscanf(me.in, "MSRP %39s %39s", tid, word) != 2)
		return false;
	snprintf(end, sizeof(end), "-------%s", tid);
	stop = strstr(me.in, end);
	if (!stop || !(stop = strstr(stop, "\r\n")))
		return false;
	stop += 2;
	say("received %s %s", word, tid);
	if (strcmp(word, "200") == 0) {
		me.answers++;
	} else {
		char saved = *stop;

		me.messages++;
		*stop = '\0';
		answer_message(me.in, tid);
		*stop = saved;
	}
	len = (size_t)(stop - me.in);
	memmove(me.in, stop, me.in_len - len);
	me.in_len -= len;
	return true;
}

static const struct option options[] = {
	{ "name", 1, NULL, 'n' },      { "connect", 1, NULL, 'c' },   { "listen", 1, NULL, 'l' },
	{ "bind", 1, NULL, 'b' },      { "tls", 1, NULL, 't' },       { "cert", 1, NULL, 'C' },
	{ "key", 1, NULL, 'K' },       { "no-cert", 0, NULL, 'N' },   { "send", 1, NULL, 's' },
	{ "early", 0, NULL, 'e' },     { "timeout", 1, NULL, 'T' },   { "messages", 1, NULL, 'm' },
	{ "from-path", 1, NULL, 'f' }, { "to-path", 1, NULL, 'o' },   { "make-cert", 0, NULL, 'M' },
	{ "hold", 1, NULL, 'h' },      { 0 },
};

static void
read_options(int argc, char **argv)
{
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'n': conf.name = optarg; break;
		case 'c': conf.connect = optarg; break;
		case 'l': conf.listen = optarg; break;
		case 'b': conf.bind = optarg; break;
		case 't': conf.tls = strcmp(optarg, "server") == 0 ? TLS_SERVER : TLS_CLIENT; break;
		case 'C': conf.cert = optarg; break;
		case 'K': conf.key = optarg; break;
		case 'N': conf.no_cert = true; break;
		case 's': conf.send = optarg; break;
		case 'e': conf.early = true; break;
		case 'T': conf.timeout_ms = (int)(atof(optarg) * 1000); break;
		case 'm': conf.want_messages = atoi(optarg); break;
		case 'f': conf.from_path = optarg; break;
		case 'o': conf.to_path = optarg; break;
		case 'M': conf.make_cert = true; break;
		case 'h': conf.hold = optarg; break;
		default:
			fprintf(stderr, "usage: msrp_peer --connect=A:P|--listen=A:P [--tls=client|server] [--send=TEXT] "
			                "[--messages=N] [--cert=F --key=F [--make-cert]] [--no-cert] [--early] [--bind=A:P] "
			                "[--from-path=U] [--to-path=U] [--hold=FILE] [--timeout=S] [--name=N]\n");
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	read_options(argc, argv);
	me.deadline = now_ms() + conf.timeout_ms;
	if (conf.tls || conf.make_cert)
		me.ctx = tls_context();
	if (!conf.connect && !conf.listen)
		return 0; /* --make-cert alone */
	if (conf.connect)
		tcp_connect();
	else
		tcp_listen();
	if (conf.tls)
		tls_start(me.ctx);
	if (conf.hold)
		hold();
	if (conf.send)
		send_message();
	if (conf.early)
		cork(0);
	while (me.messages < conf.want_messages || (conf.send && !me.answers))
		if (!take_message() && !read_more())
			give_up("the peer ended the stream");
	if (me.ssl)
		SSL_shutdown(me.ssl);
	shutdown(me.fd, SHUT_WR);
	while (read_more())
		me.in_len = 0;
	say("total bytes-in=%lu bytes-out=%lu messages=%d answers=%d", me.bytes_in, me.bytes_out, me.messages,
	    me.answers);
	say("done");
	return 0;
}
