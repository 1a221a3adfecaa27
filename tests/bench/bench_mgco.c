/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 requests a second between two processes on loopback: bench_mgco tcp|udp [WINDOW [SECONDS [VECTORS]]].
 * VECTORS is the folder of a request (03-terminating-add.txt) and its reply (04-...); without it a bare Subtract. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/mgco_node.h"

enum { FILE_MAX = 4096 };

struct side {
	struct loop *loop;
	struct mgco_node *node;
	struct mgco_assoc *as;
	struct arena arena;
	struct mgco_msg msg; /* what it says: the tree of a request, or of a reply */
	uint64_t done, failed, end_ms;
	unsigned window;
	char text[FILE_MAX];
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_mgco: %s\n", what);
	exit(1);
}

static double
cpu_us(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return 1e6 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void
load(struct side *s, const char *folder, const char *name, const char *otherwise)
{
	size_t len = strlen(otherwise);
	char path[512];
	FILE *f;

	memcpy(s->text, otherwise, len);
	if (folder) {
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		f = fopen(path, "r");
		if (!f)
			die(path);
		len = fread(s->text, 1, sizeof(s->text), f);
		fclose(f);
	}
	arena_init(&s->arena, MGCO_ARENA_MAX);
	if (mgco_parse(&s->arena, span_of(s->text, len), &s->msg, NULL) != 0)
		die("the message does not parse");
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct side *s = arg;

	s->done++;
	s->failed += err != 0 || reply->error;
	if (loop_now_ms(s->loop) >= s->end_ms)
		loop_stop(s->loop);
	else if (mgco_request(s->as, s->msg.txns->actions, on_reply, s) != 0)
		s->failed++;
}

static void
on_up(void *arg, struct mgco_assoc *as)
{
	struct side *s = arg;

	for (unsigned i = 0; i < s->window; i++)
		if (mgco_request(as, s->msg.txns->actions, on_reply, s) != 0)
			s->failed++;
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	struct side *s = arg;

	mgco_respond(in, s->msg.txns->actions, NULL);
}

static void
side_begin(struct side *s, const char *mid)
{
	struct mgco_node_conf conf = { .mid = mid };
	struct mgco_handler h = { .on_request = on_request, .on_up = on_up };

	s->loop = loop_new();
	s->node = s->loop ? mgco_node_new(s->loop, &conf, &h, s) : NULL;
	if (!s->node)
		die(err_str(ERR_NOMEM));
}

static void
serve(enum mgco_proto proto, const char *folder, int out)
{
	static struct side s;
	struct addr local;

	load(&s, folder, "04-terminating-add-reply.txt", "MEGACO/2 <s> Reply = 1 { Context = 1 { Subtract = t1 } }");
	addr_parse_hostport(span_str("127.0.0.1:0"), &local);
	side_begin(&s, "<server.example>");
	if (mgco_node_listen(s.node, proto, &local, &local) != 0 ||
	    write(out, &local, sizeof(local)) != (ssize_t)sizeof(local))
		die("cannot listen");
	loop_run(s.loop); /* until killed */
}

static void
report(const struct side *c, const char *proto, double seconds, double client_us, double server_us)
{
	const struct mgco_counters *n = mgco_node_counters(c->node);
	double done = (double)c->done;

	printf("%s window=%u requests=%.0f failed=%llu per_s=%.0f client_us=%.2f server_us=%.2f request_bytes=%.0f"
	       " reply_bytes=%.0f repeated=%llu\n", proto, c->window, done, (unsigned long long)c->failed,
	       done / seconds, client_us / done, server_us / done, (double)n->bytes_out / done,
	       (double)n->bytes_in / done, (unsigned long long)n->retransmissions);
}

int
main(int argc, char **argv)
{
	static struct side c;
	enum mgco_proto proto = argc > 1 && strcmp(argv[1], "udp") == 0 ? MGCO_UDP : MGCO_TCP;
	unsigned seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 3;
	const char *folder = argc > 4 ? argv[4] : NULL;
	struct addr peer;
	double cpu;
	int fds[2];
	pid_t child;

	if (pipe(fds) != 0 || (child = fork()) < 0)
		die(strerror(errno));
	if (child == 0) {
		serve(proto, folder, fds[1]);
		return 0;
	}
	if (read(fds[0], &peer, sizeof(peer)) != (ssize_t)sizeof(peer))
		die("no server");
	c.window = argc > 2 ? (unsigned)atoi(argv[2]) : 64;
	load(&c, folder, "03-terminating-add.txt", "MEGACO/2 <c> Transaction = 1 { Context = 1 { Subtract = t1 } }");
	side_begin(&c, "<client.example>");
	c.end_ms = loop_now_ms(c.loop) + seconds * 1000;
	c.as = mgco_connect(c.node, proto, &peer);
	cpu = cpu_us(RUSAGE_SELF);
	loop_run(c.loop);
	cpu = cpu_us(RUSAGE_SELF) - cpu;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	report(&c, proto == MGCO_UDP ? "udp" : "tcp", seconds, cpu, cpu_us(RUSAGE_CHILDREN));
	mgco_node_set_tap(c.node, NULL, NULL);
	mgco_node_free(c.node);
	loop_free(c.loop);
	arena_fini(&c.arena);
	return 0;
}
