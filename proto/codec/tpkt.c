/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/tpkt.h"

#include "proto/base/err.h"

enum { TPKT_VERSION = 3 };

int
tpkt_frame(struct span buf, size_t *total, struct span *payload)
{
	const unsigned char *b = (const unsigned char *)buf.p;
	size_t len;

	/* The second octet is reserved and not looked at. */
	if (buf.len && b[0] != TPKT_VERSION)
		return ERR_SYNTAX;
	if (buf.len < TPKT_HEADER)
		return ERR_MORE;
	len = (size_t)b[2] << 8 | b[3];
	if (len < TPKT_HEADER)
		return ERR_SYNTAX;
	if (buf.len < len)
		return ERR_MORE;
	*total = len;
	*payload = span_of(buf.p + TPKT_HEADER, len - TPKT_HEADER);
	return 0;
}

int
tpkt_header(size_t len, uint8_t header[TPKT_HEADER])
{
	if (len > TPKT_PAYLOAD_MAX)
		return ERR_TOOBIG;
	len += TPKT_HEADER;
	header[0] = TPKT_VERSION;
	header[1] = 0;
	header[2] = (uint8_t)(len >> 8);
	header[3] = (uint8_t)(len & 0xff);
	return 0;
}
