/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/tools/syn_frames.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TCP_BYTES = 20, V4_BYTES = 20, V6_BYTES = 40, FRAME_MAX = ETH_HLEN + V6_BYTES + TCP_BYTES, BATCH = 64 };

struct syn_frames {
	int fd;
	unsigned n, next;
	size_t len;
	uint8_t (*frames)[FRAME_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr msgs[BATCH];
};

static void
put_u16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t
sum_bytes(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return sum;
}

static uint32_t
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* The pseudo header adds up alike for both families. */
void
syn_build(const struct addr *from, const struct addr *to, uint32_t sport, uint32_t port, uint32_t seq, uint8_t *tcp)
{
	uint32_t sum = IPPROTO_TCP + TCP_BYTES;

	memset(tcp, 0, TCP_BYTES);
	put_u16(tcp, sport);
	put_u16(tcp + 2, port);
	put_u16(tcp + 4, seq >> 16);
	put_u16(tcp + 6, seq & 0xffff);
	tcp[12] = 0x50;
	tcp[13] = 0x02;
	put_u16(tcp + 14, 65535);
	sum = sum_bytes(sum, from->ip, 16);
	sum = sum_bytes(sum, to->ip, 16);
	sum = sum_bytes(sum, tcp, TCP_BYTES);
	put_u16(tcp + 16, fold(sum));
}

static size_t
build_ip(const struct addr *from, const struct addr *to, uint8_t *ip)
{
	if (from->family == ADDR_V4) {
		memset(ip, 0, V4_BYTES);
		ip[0] = 0x45;
		put_u16(ip + 2, V4_BYTES + TCP_BYTES);
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, from->ip, 4);
		memcpy(ip + 16, to->ip, 4);
		put_u16(ip + 10, fold(sum_bytes(0, ip, V4_BYTES)));
		return V4_BYTES;
	}
	memset(ip, 0, V6_BYTES);
	ip[0] = 0x60;
	put_u16(ip + 4, TCP_BYTES);
	ip[6] = IPPROTO_TCP;
	ip[7] = 64;
	memcpy(ip + 8, from->ip, 16);
	memcpy(ip + 24, to->ip, 16);
	return V6_BYTES;
}

/* Bound to the interface; it never receives. */
static int
open_packet_socket(const char *dev, uint8_t own[ETH_ALEN])
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1, bytes = 8 << 20;
	struct ifreq ifr = { .ifr_name = "" };

	if (fd < 0)
		return -1;
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (to.sll_ifindex == 0 || ioctl(fd, SIOCGIFHWADDR, &ifr) != 0 ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0) {
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

static bool
parse_mac(const char *text, uint8_t mac[ETH_ALEN])
{
	unsigned b[ETH_ALEN];

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != ETH_ALEN)
		return false;
	for (unsigned i = 0; i < ETH_ALEN; i++)
		mac[i] = (uint8_t)b[i];
	return true;
}

struct syn_frames *
syn_frames_new(const char *dev, const char *mac, const struct addr *from, const struct addr *to, uint32_t lo,
               uint32_t hi, uint32_t sport)
{
	struct syn_frames *f = calloc(1, sizeof(*f));
	uint8_t head[ETH_HLEN];

	if (!f)
		return NULL;
	f->n = hi - lo + 1;
	f->frames = calloc(f->n, sizeof(*f->frames));
	f->fd = open_packet_socket(dev, head + ETH_ALEN);
	if (!f->frames || f->fd < 0 || !parse_mac(mac, head)) {
		fprintf(stderr, "cannot send frames through %s to %s: %s\n", dev, mac, strerror(errno));
		syn_frames_free(f);
		return NULL;
	}
	put_u16(head + 2 * ETH_ALEN, from->family == ADDR_V4 ? ETH_P_IP : ETH_P_IPV6);
	for (unsigned i = 0; i < f->n; i++) {
		uint8_t *p = f->frames[i];

		memcpy(p, head, ETH_HLEN);
		f->len = ETH_HLEN + build_ip(from, to, p + ETH_HLEN);
		syn_build(from, to, sport, lo + i, i, p + f->len);
		f->len += TCP_BYTES;
	}
	for (unsigned i = 0; i < BATCH; i++)
		f->msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &f->iov[i], .msg_iovlen = 1 };
	return f;
}

void
syn_frames_free(struct syn_frames *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->frames);
	free(f);
}

unsigned
syn_frames_send(struct syn_frames *f, unsigned n)
{
	int sent;

	if (n > BATCH)
		n = BATCH;
	for (unsigned i = 0; i < n; i++)
		f->iov[i] = (struct iovec){ .iov_base = f->frames[(f->next + i) % f->n], .iov_len = f->len };
	sent = sendmmsg(f->fd, f->msgs, n, 0);
	if (sent < 0 && errno != ENOBUFS && errno != EAGAIN) {
		perror("sendmmsg");
		exit(99);
	}
	if (sent <= 0)
		return 0;
	f->next = (f->next + (unsigned)sent) % f->n;
	return (unsigned)sent;
}
