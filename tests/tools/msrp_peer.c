/* SPDX-License-Identifier: BSD-2-Clause */
/* An MSRP endpoint for tests and the demonstration: a UE (TLS) or a core peer (TCP), one connection, line by line
 * reports on standard output. Uses nothing of the project, so that it can be wrong only in its own ways. */
#include "tests/tools/msrp_peer.h"

#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer_conf conf = {
	.name = "peer",
	.from_path = "msrp://127.0.0.1:2855/demo-from;tcp",
	.to_path = "msrp://127.0.0.1:2855/demo-to;tcp",
	.timeout_ms = 30000,
};

struct peer me = { .fd = -1 };

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

	me.in[me.in_len] = '\0';
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
	SSL_CTX *ctx = NULL;

	read_options(argc, argv);
	me.deadline = now_ms() + conf.timeout_ms;
	if (conf.tls || conf.make_cert)
		ctx = tls_context(); /* never freed: one process, one context */
	if (!conf.connect && !conf.listen)
		return 0; /* --make-cert alone */
	if (conf.connect)
		tcp_connect();
	else
		tcp_accept();
	if (conf.tls)
		tls_start(ctx);
	if (conf.hold)
		hold();
	if (conf.send)
		send_message();
	if (conf.early)
		tcp_cork(false);
	while (me.messages < conf.want_messages || (conf.send && !me.answers))
		if (!take_message() && !read_more())
			give_up("the peer ended the stream");
	if (me.ssl)
		SSL_shutdown(me.ssl);
	shutdown(me.fd, SHUT_WR);
	while (read_more())
		me.in_len = 0;
	say_total();
	say("done");
	return 0;
}
