/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers that mean harm, or just die at the worst moment. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_abuse";

static const char ping[] = "MSRP 1 SEND\r\n-------1$\r\n";

static bool
ue_is_secure(void *arg)
{
	return ((struct rig *)arg)->ue.secure;
}

static bool
core_got_ping(void *arg)
{
	return ((struct rig *)arg)->core.got >= strlen(ping);
}

/* What was sent before is still read by the gateway; its answer is not welcome any more. */
static void
reset(int fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static int
connect_raw(struct rig *r)
{
	int fd = sock_tcp_connect(NULL, &r->t[T1]);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_ACCEPTED, T1, RIG_BUDGET_MS));
	return fd;
}

static void
a_peer_may_be_gone_before_our_alert_in_the_handshake(void)
{
	static const char junk[] = "\x16\x03\x01\x00\x05hello";
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_open(&r);
	fd = connect_raw(&r);
	CU_ASSERT_EQUAL(send(fd, junk, sizeof(junk) - 1, 0), (ssize_t)sizeof(junk) - 1);
	reset(fd);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
	rig_rest(&r, 1000);
	/* The next one is served. */
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	rig_fini(&r);
}

static void
a_peer_may_be_gone_before_our_alert_after_the_handshake(void)
{
	static const char junk[] = "no record of TLS at all";
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(send(r.ue.fd, junk, sizeof(junk) - 1, 0), (ssize_t)sizeof(junk) - 1);
	peer_reset(&r.ue);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
	CU_ASSERT_EQUAL(r.core.got, strlen(ping));
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(a_peer_may_be_gone_before_our_alert_in_the_handshake),
	TEST(a_peer_may_be_gone_before_our_alert_after_the_handshake),
	{ NULL, NULL },
};
