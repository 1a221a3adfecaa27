/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends bare TCP SYNs to a range of ports and counts what comes back, port by port: from a raw socket, or (--dev and
 * --mac, the interface and its neighbour's Ethernet address) as prebuilt frames, which is several times faster.
 *
 *   syn_spray --from IP --to IP --ports LO-HI [--sport N] [--count N] [--rate N] [--linger MS]
 *             [--answers N] [--until FILE] [--dev NAME --mac MAC]
 *
 * Output, one line a port that answered: "port N syn-ack N rst N", then "sent N syn-ack N rst N ms N cpu-ms N" in
 * all. Answers are read until none came for --linger, and with --answers until so many ports gave a SYN-ACK. This
 * host's kernel answers SYN-ACKs with RST, as it knows of no such connection. On veth the CPU time contains what the
 * other side's kernel does with the SYN. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/syn_frames.h"

enum { COUNT_MAX = 50 * 1000 * 1000, RATE_MAX = 2 * 1000 * 1000, TCP_BYTES = 20, BURST = 64,
       ANSWERS_S = 30, /* for --answers, of a machine that may be busy */
};

struct spray {
	struct addr from, to;
	uint32_t lo, hi, sport, count, rate, linger_ms, answers;
	const char *until; /* ends early when this file appears */
	const char *dev, *mac;
	struct syn_frames *frames; /* NULL: the raw socket sends */
	int fd;
	uint64_t sent, syn_acks, rsts;
	uint32_t answering; /* ports that gave a SYN-ACK */
	uint32_t syn_ack_at[65536], rst_at[65536];
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint32_t
get_u16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static void
open_socket(struct spray *s)
{
	struct addr from = s->from;
	struct sockaddr_storage ss;
	socklen_t len;
	int bytes = 8 << 20;

	from.port = 0;
	len = addr_to_sockaddr(&from, &ss);
	s->fd = socket(ss.ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&ss, len) != 0) {
		perror("raw socket");
		exit(77);
	}
	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

/* Raw IPv4 sockets deliver the IP header as well, IPv6 ones do not. */
static void
read_answers(struct spray *s, int wait_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint8_t buf[2048];

	while (poll(&p, 1, wait_ms) == 1) {
		ssize_t n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
		size_t skip = s->from.family == ADDR_V4 ? (size_t)(buf[0] & 15) * 4 : 0;
		const uint8_t *tcp = buf + skip;
		uint32_t port;

		if (n < (ssize_t)(skip + TCP_BYTES) || get_u16(tcp + 2) != s->sport)
			continue;
		port = get_u16(tcp);
		if (tcp[13] & 0x04) {
			s->rsts++;
			s->rst_at[port]++;
		} else if ((tcp[13] & 0x12) == 0x12) {
			s->syn_acks++;
			s->answering += s->syn_ack_at[port]++ == 0;
		}
		wait_ms = 0;
	}
}

static void
send_one(struct spray *s)
{
	struct addr to = s->to;
	struct sockaddr_storage ss;
	uint8_t tcp[TCP_BYTES];
	socklen_t len;

	to.port = 0;
	len = addr_to_sockaddr(&to, &ss);
	syn_build(&s->from, &to, s->sport, s->lo + (uint32_t)(s->sent % (s->hi - s->lo + 1)), (uint32_t)s->sent, tcp);
	if (sendto(s->fd, tcp, sizeof(tcp), 0, (struct sockaddr *)&ss, len) < 0 && errno != ENOBUFS) {
		perror("sendto");
		exit(99);
	}
	s->sent++;
}

static void
send_burst(struct spray *s)
{
	uint64_t left = s->count - s->sent;
	unsigned n = s->rate < 64 * BURST ? 1 : left < BURST ? (unsigned)left : BURST;

	if (s->frames)
		s->sent += syn_frames_send(s->frames, n);
	else
		while (n--)
			send_one(s);
}

static void
spray(struct spray *s)
{
	uint64_t begin = now_us();

	for (unsigned bursts = 0; s->sent < s->count; bursts++) {
		uint64_t due = begin + s->sent * 1000000 / s->rate, now = now_us();

		if (due > now + 1000)
			read_answers(s, (int)((due - now) / 1000));
		send_burst(s);
		if (bursts % 16 && s->frames)
			continue;
		read_answers(s, 0);
		if (s->until && access(s->until, F_OK) == 0)
			break;
	}
}

static void
await_answers(struct spray *s)
{
	uint64_t end = now_us() + ANSWERS_S * 1000000ull, heard;

	do {
		heard = s->syn_acks + s->rsts;
		read_answers(s, (int)s->linger_ms);
	} while (now_us() < end && (s->answering < s->answers || heard != s->syn_acks + s->rsts));
}

static void
report(const struct spray *s, uint64_t took_us)
{
	struct rusage u;

	for (unsigned port = 0; port < 65536; port++)
		if (s->syn_ack_at[port] || s->rst_at[port])
			printf("port %u syn-ack %u rst %u\n", port, s->syn_ack_at[port], s->rst_at[port]);
	getrusage(RUSAGE_SELF, &u);
	printf("sent %llu syn-ack %llu rst %llu ms %llu cpu-ms %llu\n", (unsigned long long)s->sent,
	       (unsigned long long)s->syn_acks, (unsigned long long)s->rsts, (unsigned long long)took_us / 1000,
	       (unsigned long long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	           (unsigned long long)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000);
}

static void
usage(void)
{
	fputs("usage: syn_spray --from IP --to IP --ports LO-HI [--sport N] [--count N] [--rate N] [--linger MS] "
	      "[--answers N] [--until FILE] [--dev NAME --mac MAC]\n", stderr);
	exit(99);
}

static void
parse_ports(struct spray *s, const char *text)
{
	struct span rest = span_str(text), lo = span_cut(&rest, '-');

	if (span_u32(lo, 65535, &s->lo) != 0 || span_u32(rest, 65535, &s->hi) != 0 || s->lo > s->hi)
		usage();
}

static void
parse_args(struct spray *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", 1, NULL, 'f' },  { "to", 1, NULL, 't' },     { "ports", 1, NULL, 'p' },
		{ "sport", 1, NULL, 's' }, { "count", 1, NULL, 'c' },  { "rate", 1, NULL, 'r' },
		{ "until", 1, NULL, 'u' }, { "linger", 1, NULL, 'l' }, { "dev", 1, NULL, 'd' },
		{ "mac", 1, NULL, 'm' },   { "answers", 1, NULL, 'a' }, { NULL, 0, NULL, 0 },
	};
	int c, err = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		struct span v = span_str(optarg);

		if (c == 'f')
			err |= addr_parse_ip(v, &s->from) != 0;
		else if (c == 't')
			err |= addr_parse_ip(v, &s->to) != 0;
		else if (c == 'p')
			parse_ports(s, optarg);
		else if (c == 's')
			err |= span_u32(v, 65535, &s->sport) != 0;
		else if (c == 'c')
			err |= span_u32(v, COUNT_MAX, &s->count) != 0;
		else if (c == 'r')
			err |= span_u32(v, RATE_MAX, &s->rate) != 0 || s->rate == 0;
		else if (c == 'l')
			err |= span_u32(v, 60000, &s->linger_ms) != 0;
		else if (c == 'a')
			err |= span_u32(v, 65536, &s->answers) != 0;
		else if (c == 'u')
			s->until = optarg;
		else if (c == 'd')
			s->dev = optarg;
		else if (c == 'm')
			s->mac = optarg;
		else
			err = 1;
	}
	if (err || !s->dev != !s->mac || s->from.family == ADDR_NONE || s->from.family != s->to.family || s->hi == 0)
		usage();
}

int
main(int argc, char **argv)
{
	static struct spray s = { .sport = 40000, .count = 1000, .rate = 1000, .linger_ms = 300, .fd = -1 };
	uint64_t begin;

	parse_args(&s, argc, argv);
	open_socket(&s);
	if (s.dev && !(s.frames = syn_frames_new(s.dev, s.mac, &s.from, &s.to, s.lo, s.hi, s.sport)))
		exit(77);
	begin = now_us();
	spray(&s);
	begin = now_us() - begin;
	await_answers(&s);
	report(&s, begin);
	syn_frames_free(s.frames);
	close(s.fd);
	return 0;
}
