/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's one-to-one SCTP sockets, played over TCP ones, so that what stands on them is tested on kernels without.
 * The program is linked with WRAP_SOCKETS (tests/Makefile.inc), which lead its socket calls here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_sctp_how { SCTP_OF_KERNEL, SCTP_FAKE, SCTP_NONE };

enum { FAKE_SCTP_SENT_MAX = 64 };

struct fake_sctp {
	enum fake_sctp_how how;
	uint16_t streams;  /* that a connection may use */
	size_t piece_max;  /* octets that a recvmsg() gives at most; 0: any */
	unsigned room;     /* messages that are taken before EAGAIN, then as often as it is set again */
	bool is_short;     /* room counts */
	struct {
		uint16_t stream;
		uint8_t ppid[4]; /* as in the packet */
		size_t len;
	} sent[FAKE_SCTP_SENT_MAX];
	unsigned n_sent;
};

extern struct fake_sctp fake_sctp;
