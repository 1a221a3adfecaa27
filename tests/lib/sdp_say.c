/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/sdp_say.h"

#include <stdio.h>

#include "proto/base/out.h"

enum { SAY_KEPT = 8, SAY_MAX = 8192 };

static void
say_fingerprint(struct out *o, char digit)
{
	out_str(o, "a=fingerprint:sha-256 ");
	for (int i = 0; i < 32; i++)
		out_printf(o, "%s%c%c", i ? ":" : "", digit, digit);
	out_str(o, "\r\n");
}

static void
say_line(struct out *o, const struct sdp_say *s, unsigned i)
{
	unsigned port = (s->port ? s->port : s->ue ? 40000 : 7654) + i;
	const char *setup = s->setup ? s->setup : s->ue ? "active" : "actpass";

	out_printf(o, "m=message %u %s *\r\n", s->closed & 1u << i ? 0 : port, s->ue ? "TCP/TLS/MSRP" : "TCP/MSRP");
	out_str(o, "a=accept-types:text/plain\r\n");
	if (setup[0])
		out_printf(o, "a=setup:%s\r\n", setup);
	if (s->ue && s->fprs)
		out_printf(o, "a=fingerprint:%s\r\n", s->fprs);
	else if (s->ue)
		say_fingerprint(o, s->fpr ? s->fpr : '1');
	out_printf(o, "a=msrp-cema\r\na=path:%s://peer.example:%u/%s%u;tcp\r\n", s->ue ? "msrps" : "msrp", port,
		   s->session ? s->session : "s", i);
	if (s->attr)
		out_str(o, s->attr);
}

const char *
say(const struct sdp_say *s)
{
	static char kept[SAY_KEPT][SAY_MAX];
	static unsigned next;
	char *text = kept[next++ % SAY_KEPT];
	const char *conn = s->conn ? s->conn : s->ue ? "IP4 203.0.113.99" : "IP4 198.51.100.7";
	struct out o;

	out_init(&o, text, SAY_MAX - 1);
	out_printf(&o, "v=0\r\no=- %d %u IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n", s->ue ? 2 : 1,
		   s->version ? s->version : 1, conn, conn);
	for (unsigned i = 0; i < (s->n ? s->n : 1); i++)
		say_line(&o, s, i);
	text[o.len] = '\0';
	return text;
}
