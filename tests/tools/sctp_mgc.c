/* SPDX-License-Identifier: BSD-2-Clause */
/* A controller that speaks H.248 over the kernel's SCTP and looks closely at a gateway's use of it.
 *
 *   sctp_mgc LISTEN-IP PORT GATEWAY-IP [all]
 *
 * The gateway is to register, and is asked for much at a time and for long messages; with "all" its replies are also
 * read late, and its association is aborted, ended, and sent a message that is too long, after each of which it is to
 * register again. Ends with 0, or 1 and a sentence. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sctp.h> /* needs struct sockaddr_storage */

enum {
	PPID = 7,           /* H.248.4, as IANA lists it */
	MESSAGE_MAX = 65531, /* what the gateway says it takes */
	BURST = 40,
	LONG_BURST = 40,     /* 1.4 MB of replies */
	AUDITS_MAX = 250,    /* in one request: the gateway takes 256 commands */
	STREAMS = 16,
	PATIENCE_MS = 30000,
	LIMIT_S = 80,
};

static struct {
	const char *ip, *gateway;
	int listener, fd;
	char text[256 * 1024];
	size_t len;
	struct sctp_rcvinfo info; /* of the message in text */
	uint32_t next_id;
} mgc = { .fd = -1, .next_id = 100 };

static _Noreturn void __attribute__((format(printf, 1, 2)))
fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	printf("sctp_mgc: ");
	vprintf(format, ap);
	printf("\n");
	va_end(ap);
	exit(1);
}

static void
must(bool ok, const char *what)
{
	if (!ok)
		fail("%s: %m", what);
}

static socklen_t
to_sockaddr(const char *ip, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, ip, &v6->sin6_addr) != 1)
		fail("%s is no address", ip);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static void
listen_at(uint16_t port)
{
	const struct sctp_initmsg init = { .sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS };
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(mgc.ip, port, &ss);
	int on = 1;

	mgc.listener = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
	must(mgc.listener >= 0, "socket");
	must(setsockopt(mgc.listener, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) == 0, "SCTP_INITMSG");
	must(setsockopt(mgc.listener, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof(on)) == 0, "SCTP_RECVRCVINFO");
	must(bind(mgc.listener, (struct sockaddr *)&ss, len) == 0, "bind");
	must(listen(mgc.listener, 4) == 0, "listen");
}

static void
wait_readable(int fd, const char *what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) != 1)
		fail("waited in vain for %s", what);
}

/* The next message, whole, in mgc.text; false at the association's end. */
static bool
hear(const char *what)
{
	struct msghdr mh = { .msg_flags = 0 };

	for (mgc.len = 0; !(mh.msg_flags & MSG_EOR);) {
		char control[CMSG_SPACE(sizeof(mgc.info))];
		struct iovec iov = { .iov_base = mgc.text + mgc.len, .iov_len = sizeof(mgc.text) - 1 - mgc.len };
		const struct cmsghdr *cm;
		ssize_t got;

		mh = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			              .msg_controllen = sizeof(control) };
		wait_readable(mgc.fd, what);
		got = recvmsg(mgc.fd, &mh, 0);
		if (got <= 0)
			return false;
		mgc.len += (size_t)got;
		cm = CMSG_FIRSTHDR(&mh);
		if (!cm || cm->cmsg_level != IPPROTO_SCTP || cm->cmsg_type != SCTP_RCVINFO)
			fail("the kernel says nothing about a message");
		memcpy(&mgc.info, CMSG_DATA(cm), sizeof(mgc.info));
	}
	mgc.text[mgc.len] = '\0';
	if (mgc.info.rcv_ppid != htonl(PPID))
		fail("payload protocol %u instead of %u", ntohl(mgc.info.rcv_ppid), PPID);
	if (strncmp(mgc.text, "MEGACO/", 7) != 0 && strncmp(mgc.text, "!/", 2) != 0)
		fail("a message does not begin as one: %.20s", mgc.text);
	return true;
}

static void
say(uint16_t stream, uint16_t flags, const char *text, size_t len)
{
	const struct sctp_sndinfo info = { .snd_sid = stream, .snd_flags = flags, .snd_ppid = htonl(PPID) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(info))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)text, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		             .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = IPPROTO_SCTP;
	cm->cmsg_type = SCTP_SNDINFO;
	cm->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cm), &info, sizeof(info));
	must(sendmsg(mgc.fd, &mh, MSG_NOSIGNAL) == (ssize_t)len, "sendmsg");
}

/* Its one address, which is the one that was meant: SCTP would tell us all that the host has. */
static void
check_addresses(void)
{
	union {
		struct sctp_getaddrs head; /* ends in an array without a length */
		uint8_t room[sizeof(struct sctp_getaddrs) + 8 * sizeof(struct sockaddr_in6)];
	} got = { .room = { 0 } };
	socklen_t len = sizeof(got);
	struct sockaddr_storage want, first;
	bool is_v6 = to_sockaddr(mgc.gateway, 0, &want) == sizeof(struct sockaddr_in6);

	must(getsockopt(mgc.fd, IPPROTO_SCTP, SCTP_GET_PEER_ADDRS, &got, &len) == 0, "SCTP_GET_PEER_ADDRS");
	if (got.head.addr_num != 1)
		fail("the gateway tells %u addresses", got.head.addr_num);
	memcpy(&first, got.head.addrs, is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	if (is_v6 ? memcmp(&((struct sockaddr_in6 *)&first)->sin6_addr, &((struct sockaddr_in6 *)&want)->sin6_addr, 16)
	          : memcmp(&((struct sockaddr_in *)&first)->sin_addr, &((struct sockaddr_in *)&want)->sin_addr, 4))
		fail("the gateway has another address than %s", mgc.gateway);
}

/* An association, and a registration by that method over it. */
static void
meet(const char *method)
{
	char reply[256];
	const char *id;
	int len;

	wait_readable(mgc.listener, "an association");
	mgc.fd = accept4(mgc.listener, NULL, NULL, SOCK_CLOEXEC);
	must(mgc.fd >= 0, "accept");
	check_addresses();
	if (!hear("a registration"))
		fail("the association ended before the gateway registered");
	id = strstr(mgc.text, "Transaction");
	id = id ? strpbrk(id, "0123456789") : NULL;
	if (!id || !strstr(mgc.text, "ServiceChange") || !strstr(mgc.text, method))
		fail("no %s but: %s", method, mgc.text);
	len = snprintf(reply, sizeof(reply), "MEGACO/1 <mgc> Reply = %lu { Context = - { ServiceChange = ROOT { Services "
	               "{ Version = 2 } } } }", strtoul(id, NULL, 10));
	say(0, 0, reply, (size_t)len);
	printf("sctp_mgc: %s, on stream %u\n", method, mgc.info.rcv_sid);
}

static void
leave(bool rudely)
{
	const struct linger none = { .l_onoff = 1 };

	if (rudely)
		must(setsockopt(mgc.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0, "SO_LINGER");
	close(mgc.fd);
}

/* A request of so many audits, blown up to so many octets. Returns its id. */
static uint32_t
ask(uint16_t stream, uint16_t flags, unsigned audits, const char *what, size_t octets)
{
	static char text[MESSAGE_MAX + 1];
	size_t len = (size_t)sprintf(text, "MEGACO/2 <mgc> Transaction = %u { Context = - {", mgc.next_id);

	for (unsigned i = 0; i < audits; i++)
		len += (size_t)sprintf(text + len, "%s AuditValue = ROOT { Audit { %s } }", i ? "," : "", what);
	for (; len + 3 < octets; len++)
		text[len] = ' ';
	len += (size_t)sprintf(text + len, "} }");
	say(stream, flags, text, len);
	return mgc.next_id++;
}

/* The id of the first reply in mgc.text, which is the only one; 0 when there is none. */
static uint32_t
reply_id(void)
{
	const char *at = strstr(mgc.text, "Reply");

	if (!at || strstr(at + 1, "Reply"))
		return 0;
	return (uint32_t)strtoul(at + strcspn(at, "0123456789"), NULL, 10);
}

static void
hear_reply(uint32_t id)
{
	if (!hear("a reply"))
		fail("the association ended before the reply to %u", id);
	if (reply_id() != id)
		fail("no reply to %u but: %.200s", id, mgc.text);
}

/* Many at a time, some out of order: each has its reply, in a message of its own, and they take several streams. */
static void
burst(void)
{
	bool answered[BURST] = { false };
	uint32_t first = mgc.next_id, streams = 0;
	unsigned used = 0;

	for (uint16_t i = 0; i < BURST; i++)
		ask(i % STREAMS, i % 3 ? 0 : SCTP_UNORDERED, 1, "", 0);
	for (unsigned i = 0; i < BURST; i++) {
		uint32_t n;

		if (!hear("a reply of many"))
			fail("the association ended in a burst");
		n = reply_id() - first;
		if (n >= BURST || answered[n])
			fail("not a reply, or one that was here before: %s", mgc.text);
		answered[n] = true;
		streams |= 1u << mgc.info.rcv_sid;
	}
	for (; streams; streams &= streams - 1)
		used++;
	if (used < STREAMS)
		fail("%u of %u streams were used", used, STREAMS);
	printf("sctp_mgc: %u requests answered on %u streams\n", BURST, used);
}

static void
long_messages(void)
{
	static const size_t sizes[] = { 1500, 20000, MESSAGE_MAX };
	uint32_t id;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		hear_reply(ask((uint16_t)i, 0, 1, "", sizes[i]));
	id = ask(3, 0, AUDITS_MAX, "Packages", 0);
	hear_reply(id);
	if (mgc.len < 30000 || !strstr(mgc.text + mgc.len - 8, "}}}"))
		fail("a long reply has only %zu octets, and ends with: %s", mgc.len, mgc.text + mgc.len - 20);
	printf("sctp_mgc: %zu octets in a reply, %u in a request\n", mgc.len, MESSAGE_MAX);
}

/* More than both ends' buffers hold is asked for before anything is read: nothing is lost, cut or answered twice. */
static void
slow_reader(void)
{
	bool answered[LONG_BURST] = { false };
	uint32_t first = mgc.next_id;
	size_t octets = 0;

	for (uint16_t i = 0; i < LONG_BURST; i++)
		ask(i % STREAMS, 0, AUDITS_MAX, "Packages", 0);
	for (unsigned i = 0; i < LONG_BURST; i++) {
		uint32_t n;

		if (!hear("a long reply of many"))
			fail("the association ended while long replies were on the way");
		n = reply_id() - first;
		if (n >= LONG_BURST || answered[n] || !strstr(mgc.text + mgc.len - 8, "}}}"))
			fail("not a reply, not whole, or one that was here before: %.200s", mgc.text);
		answered[n] = true;
		octets += mgc.len;
	}
	printf("sctp_mgc: %zu octets of replies to a slow reader\n", octets);
}

/* No message is that long: the gateway gives the association up, or says so and keeps it. */
static void
too_long(void)
{
	static char blanks[2 * MESSAGE_MAX];

	memset(blanks, ' ', sizeof(blanks));
	say(5, 0, blanks, sizeof(blanks));
	if (hear("an answer to a message that is too long"))
		printf("sctp_mgc: %.100s\n", mgc.text);
	else
		printf("sctp_mgc: the gateway ended the association\n");
}

/* Each of the three ends of an association is followed by a new one. */
static void
lose(void)
{
	leave(true);
	meet("Disconnected");
	hear_reply(ask(0, 0, 1, "", 0));
	leave(false);
	meet("Disconnected");
	too_long();
	leave(true);
	meet("Disconnected");
}

int
main(int argc, char **argv)
{
	if (argc < 4 || argc > 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(LIMIT_S);
	mgc.ip = argv[1];
	mgc.gateway = argv[3];
	listen_at((uint16_t)strtoul(argv[2], NULL, 10));
	printf("sctp_mgc: listens\n");
	meet("Restart");
	burst();
	long_messages();
	if (argc == 5) {
		slow_reader();
		lose();
	}
	return 0;
}
