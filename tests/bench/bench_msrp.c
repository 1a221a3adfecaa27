/* SPDX-License-Identifier: BSD-2-Clause */
/* What it costs to understand MSRP: the CPU time of a relay's thread per GB, agnostic and aware, for a message in one
 * chunk and in chunks of several sizes, from a UE with TLS (or plain) to a plain core peer and back.
 *   bench_msrp [MEGABYTES [ROUNDS]]  medians of ROUNDS interleaved runs; both kinds get the same octets. The ratio is
 *                                    the median of those of neighbours: a shared machine changes its pace.
 * With two cores or more, the relay's thread has one for itself. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/tls_ctx.h"
#include "agw/worker.h"
#include "proto/base/log.h"
#include "proto/io/sock.h"
#include "tests/lib/tls_peer.h"

enum { PIECE = 1 << 20, ROUNDS_MAX = 101 };

#define OWN_UE "msrps://127.0.0.1:20000/gwueueueueueueueueue;tcp"
#define OWN_CORE "msrp://127.0.0.1:30000/gwcorecorecorecoreco;tcp"

struct run {
	bool aware, tls, down; /* down: from the core to the UE */
	size_t chunk;          /* octets of body in a chunk; 0: one chunk holds all */
	uint64_t bytes;        /* to send */
	int ue, core;
	struct tls_peer *peer;
	struct loop *loop;
	struct worker *worker;
	char *piece;
	size_t piece_len, head_len;
	cpu_set_t relay_cpus, peer_cpus;
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
share_cpus(struct run *r)
{
	size_t last = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(r->peer_cpus), &r->peer_cpus) != 0)
		die("affinity");
	r->relay_cpus = r->peer_cpus;
	if (CPU_COUNT(&r->peer_cpus) < 2)
		return;
	while (!CPU_ISSET(last, &r->peer_cpus))
		last--;
	CPU_CLR(last, &r->peer_cpus);
	CPU_ZERO(&r->relay_cpus);
	CPU_SET(last, &r->relay_cpus);
	(void)sched_setaffinity(0, sizeof(r->relay_cpus), &r->relay_cpus);
}

/* ---- peers, each in its thread ---- */

static void
send_all(const struct run *r, bool ue, const char *p, size_t len)
{
	while (len) {
		ssize_t n = ue && r->tls ? SSL_write(r->peer->ssl, p, (int)len) :
		                           send(ue ? r->ue : r->core, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("send");
		p += n;
		len -= (size_t)n;
	}
}

static void *
send_it(void *arg)
{
	const struct run *r = arg;
	bool ue = !r->down;

	if (r->head_len)
		send_all(r, ue, r->piece, r->head_len);
	for (uint64_t sent = 0; sent < r->bytes; sent += r->piece_len - r->head_len)
		send_all(r, ue, r->piece + r->head_len, r->piece_len - r->head_len);
	if (r->head_len)
		send_all(r, ue, "\r\n-------benchbench$\r\n", 22);
	if (ue && r->tls)
		SSL_shutdown(r->peer->ssl);
	shutdown(ue ? r->ue : r->core, SHUT_WR);
	return NULL;
}

static void *
take_it(void *arg)
{
	const struct run *r = arg;
	bool ue = r->down;
	char *buf = malloc(PIECE);
	ssize_t n;

	do {
		n = ue && r->tls ? SSL_read(r->peer->ssl, buf, PIECE) : recv(ue ? r->ue : r->core, buf,
			PIECE, 0);
	} while (n > 0);
	free(buf);
	close(r->core); /* and so everything ends */
	return NULL;
}

/* ---- the stream ---- */

static size_t
put_head(const struct run *r, char *p)
{
	return (size_t)sprintf(p,
	                       "MSRP benchbench SEND\r\nTo-Path: %s\r\n"
	                       "From-Path: msrp://peer.example:7777/peerSession;tcp\r\n"
	                       "Message-ID: 123456\r\nFailure-Report: no\r\nByte-Range: 1-*/*\r\n"
	                       "Content-Type: application/octet-stream\r\n\r\n",
	                       r->down ? OWN_CORE : OWN_UE);
}

static void
make_piece(struct run *r)
{
	size_t at = put_head(r, r->piece);

	r->head_len = r->chunk ? 0 : at;
	for (size_t i = at; i < PIECE; i++)
		r->piece[i] = (char)random();
	r->piece_len = PIECE;
	if (!r->chunk)
		return;
	for (at = 0; at + r->chunk + 600 < PIECE;) {
		at += put_head(r, r->piece + at) + r->chunk;
		memcpy(r->piece + at, "\r\n-------benchbench+\r\n", 22);
		at += 22;
	}
	r->piece_len = at;
}

/* ---- the relay ---- */

static void
on_letter(void *arg, void *letter)
{
	const struct event *e = letter;
	struct run *r = arg;

	if (e->kind == EVENT_CLOSED && e->side == 1)
		loop_stop(r->loop);
	if (e->kind == EVENT_FAILED) {
		fprintf(stderr, "failed: %s\n", reason_text(e->reason));
		exit(1);
	}
}

static struct leg_spec
spec(struct addr *local, int *fd)
{
	struct leg_spec s = { .role = LEG_LISTEN, .gate = GATE_OPEN, .flow_in = true, .flow_out = true,
		.tls_ms = 10000,
		              .fpr_ms = 10000 };

	if (addr_parse_ip(SPAN_LIT("127.0.0.1"), &s.local) != 0 || (*fd = sock_tcp_listen(&s.local, 4)) < 0 ||
	    sock_local(*fd, local) != 0)
		die("listen");
	return s;
}

static int
dial(const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, &ss);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) != 0)
		die("connect");
	return fd;
}

static void *
begin(void *arg)
{
	struct run *r = arg;
	pthread_t sender;

	(void)sched_setaffinity(0, sizeof(r->peer_cpus), &r->peer_cpus); /* of this thread and the sender's */
	if (r->tls && (SSL_set_fd(r->peer->ssl, r->ue) != 1 || SSL_connect(r->peer->ssl) != 1))
		die("TLS");
	pthread_create(&sender, NULL, send_it, r);
	take_it(r);
	pthread_join(sender, NULL);
	close(r->ue);
	return NULL;
}

static double
seconds(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

/* CPU seconds of the loop's thread. */
static double
measure(struct run *r)
{
	const struct tls_ctx_conf tc = { .min_version = 13 };
	struct order o = { .kind = ORDER_OPEN, .relay = 1 };
	struct worker_conf wc = { .max_relays = 1 };
	struct inbox *inbox;
	struct rusage before, after;
	struct tls_ctx *ctx;
	struct tls_peer peer;
	struct addr at[2];
	pthread_t peers;
	const char *why;

	r->loop = loop_new();
	inbox = inbox_new(r->loop, sizeof(struct event), on_letter, r);
	wc.events = inbox;
	r->worker = worker_new(r->loop, &wc);
	ctx = tls_ctx_new(&tc, &why);
	tls_peer_init(&peer, &(struct tls_peer_conf){ .version = TLS1_3_VERSION });
	r->peer = &peer;
	for (unsigned i = 0; i < 2; i++) {
		o.leg[i] = spec(&at[i], &o.listen_fd[i]);
		o.msrp[i].aware = r->aware;
		(void)span_copy(span_str(i ? OWN_CORE : OWN_UE), o.msrp[i].own, sizeof(o.msrp[i].own));
		(void)span_copy(SPAN_LIT("msrp://other.example:7777/otherSession;tcp"), o.msrp[i].peer,
		                sizeof(o.msrp[i].peer));
	}
	o.leg[0].tls = r->tls;
	o.leg[0].tls_ctx = ctx;
	o.leg[0].fpr_known = true;
	o.fprs[0] = tls_peer_fprs(&peer, FPR_SHA256);
	if (worker_order(r->worker, &o) != 0)
		die("order");
	r->ue = dial(&at[0]);
	r->core = dial(&at[1]);
	getrusage(RUSAGE_THREAD, &before);
	pthread_create(&peers, NULL, begin, r);
	loop_run(r->loop);
	getrusage(RUSAGE_THREAD, &after);
	pthread_join(peers, NULL);
	worker_free(r->worker);
	inbox_free(inbox, NULL);
	loop_free(r->loop);
	tls_ctx_free(ctx);
	tls_peer_fini(&peer);
	return seconds(&after) - seconds(&before);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
report(struct run *r, unsigned rounds)
{
	double took[2][ROUNDS_MAX], ratio[ROUNDS_MAX], gb = (double)r->bytes / 1e9;

	make_piece(r);
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned k = 0; k < 2; k++) {
			r->aware = (i ^ k) & 1; /* first and second in turn */
			took[r->aware][i] = measure(r) / gb;
		}
		ratio[i] = took[1][i] / took[0][i];
	}
	for (int aware = 0; aware < 2; aware++)
		qsort(took[aware], rounds, sizeof(double), compare);
	qsort(ratio, rounds, sizeof(double), compare);
	printf("%-5s %-4s chunk %8zu: agnostic %.3f s/GB, aware %.3f s/GB, ratio %.3f\n", r->tls ?
		"TLS" : "plain",
	       r->down ? "down" : "up", r->chunk, took[0][rounds / 2], took[1][rounds / 2],
	       ratio[rounds / 2]);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const size_t chunks[] = { 0, 65536, 10240, 2048, 300 };
	unsigned long mb = argc > 1 ? strtoul(argv[1], NULL, 10) : 500, rounds = argc > 2 ? strtoul(argv[2],
		NULL, 10) : 5;
	struct run r = { .bytes = (uint64_t)mb * 1000000, .piece = malloc(PIECE + 1024) };

	if (!r.piece || !mb || rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	log_open("bench", LOG_TO_STDERR, LOG_LVL_ERROR);
	share_cpus(&r);
	for (int tls = 1; tls >= 0; tls--)
		for (int down = 0; down < 2; down++)
			for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
				r.tls = tls;
				r.down = down;
				r.chunk = chunks[i];
				report(&r, (unsigned)rounds);
			}
	free(r.piece);
	return 0;
}
