/* SPDX-License-Identifier: BSD-2-Clause */
/* Every size, count and depth limit of the codecs. A peer that exceeds one gets an error, never memory. */
#pragma once

enum {
	/* NG */
	NG_MESSAGE_MAX = 65507, /* what one UDP datagram carries; replies never exceed it */
	NG_COOKIE_MAX = 255,
	NG_DEPTH_MAX = 16,
	NG_NODES_MAX = 4096,
	NG_ARENA_MAX = 1024 * 1024,
	/* SDP */
	SDP_BYTES_MAX = 60000,
	SDP_LINES_MAX = 1024,
	SDP_MEDIA_MAX = 64,
	SDP_EDITS_MAX = 512,
	SDP_FINGERPRINTS_MAX = 8,
	MSRP_PATH_MAX = 16,   /* URIs in one a=path */
	MSRP_URI_MAX = 1024,
	MSRP_PATH_TEXT_MAX = 1024, /* a whole a=path, with NUL */
	/* MSRP */
	MSRP_HEAD_MAX = 10240, /* start line and headers; RFC 4975 7.1 allows no more to anything but SEND */
	MSRP_TID_MAX = 64,     /* RFC 4975 has 4 to 32; some clients have less or more */
	MSRP_METHOD_MAX = 32,
	MSRP_URI_OWN_MAX = 128, /* a URI that we make, with NUL */
	/* H.248 */
	MGCO_MESSAGE_MAX = 65531, /* TPKT: 16 bit length less its header */
	MGCO_MTU = 1500,
	MGCO_DEPTH_MAX = 14,  /* the grammar itself ends at 13: a signal list embedded in an embedded event */
	MGCO_NODES_MAX = 8192,
	MGCO_ARENA_MAX = 2 * 1024 * 1024,
	MGCO_PROPS_MAX = 128, /* properties, parameters or statistics in one descriptor */
	MGCO_STREAMS_MAX = 64,
	MGCO_NAME_MAX = 64,
	MGCO_MID_MAX = 128,
	MGCO_ACK_RANGES_MAX = 64,
	MGCO_FAULTS_MAX = 32, /* transactions of one message that do not parse; what follows is not looked at */
	/* file of flags */
	OPTS_FILE_MAX = 65536,
	OPTS_LINE_MAX = 4096,
};
