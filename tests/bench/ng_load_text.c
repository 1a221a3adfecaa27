/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "proto/base/out.h"
#include "tests/bench/ng_load.h"

/* As the field sends it: an RCS chat towards a UE, and an audio call with the codecs of a UE. */
static const char message_offer[] =
	"v=0\r\no=core 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
	"m=message 7654 TCP/MSRP *\r\na=accept-types:message/cpim application/im-iscomposing+xml\r\n"
	"a=accept-wrapped-types:text/plain message/imdn+xml\r\na=setup:actpass\r\n"
	"a=path:msrp://192.0.2.7:7654/core1234567;tcp\r\na=msrp-cema\r\na=sendrecv\r\n";
static const char message_answer[] =
	"v=0\r\no=ue 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
	"m=message 9 TCP/TLS/MSRP *\r\na=accept-types:message/cpim application/im-iscomposing+xml\r\n"
	"a=accept-wrapped-types:text/plain message/imdn+xml\r\na=setup:active\r\n"
	"a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3B:0B:65:2D:4C:1F:2A:9E:77:01:C3:D8\r\n"
	"a=path:msrps://192.0.2.9:9/ue12345678;tcp\r\na=msrp-cema\r\na=sendrecv\r\n";
static const char audio_sdp[] =
	"v=0\r\no=ue 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	"m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:40\r\na=sendrecv\r\n";

static const char *const commands[NG_STEPS] = { "offer", "answer", "delete" };

static void
string(struct out *o, const char *text)
{
	out_u64(o, strlen(text));
	out_char(o, ':');
	out_str(o, text);
}

static void
pair(struct out *o, const char *key, const char *value)
{
	string(o, key);
	string(o, value);
}

static const char *
sdp_of(bool audio, enum ng_step step)
{
	if (audio)
		return audio_sdp;
	return step == NG_OFFER ? message_offer : message_answer;
}

/* The keys that Kamailio's module sends, and ours for the message call. */
size_t
ng_load_print(char *buf, bool audio, enum ng_step step, uint32_t call, uint32_t slot, uint32_t serial)
{
	struct out o, id;
	char id_text[48];

	out_init(&id, id_text, sizeof(id_text));
	out_printf(&id, "%08x-load@127.0.0.1", (unsigned)call);
	out_init(&o, buf, NG_MESSAGE_BYTES);
	out_printf(&o, "%u_%u d", (unsigned)slot, (unsigned)serial);
	if (step != NG_DELETE)
		pair(&o, "sdp", sdp_of(audio, step));
	if (!audio) {
		string(&o, "direction");
		out_char(&o, 'l');
		string(&o, step == NG_ANSWER ? "access" : "core");
		string(&o, step == NG_ANSWER ? "core" : "access");
		out_char(&o, 'e');
		pair(&o, "ue-e2ae", "yes");
	}
	if (audio && step != NG_DELETE) {
		string(&o, "replace");
		out_char(&o, 'l');
		string(&o, "origin");
		string(&o, "session-connection");
		out_char(&o, 'e');
	}
	pair(&o, "call-id", out_cstr(&id));
	string(&o, "received-from");
	out_str(&o, "l3:IP49:127.0.0.1e");
	pair(&o, "from-tag", "from-tag-of-the-caller");
	if (step == NG_ANSWER)
		pair(&o, "to-tag", "to-tag-of-the-callee");
	pair(&o, "command", commands[step]);
	out_char(&o, 'e');
	if (o.err)
		abort();
	return o.len;
}

bool
ng_load_read(struct span reply, uint32_t *slot, uint32_t *serial, bool *ok)
{
	struct span cookie = span_cut(&reply, ' ');
	struct span first = span_cut(&cookie, '_');

	if (!reply.p || span_u32(first, NG_WINDOW_MAX - 1, slot) != 0 || span_u32(cookie, UINT32_MAX, serial) != 0)
		return false;
	*ok = memmem(reply.p, reply.len, "6:result2:ok", 12) != NULL;
	return true;
}
