/* SPDX-License-Identifier: BSD-2-Clause */
/* The P-CSCF's JSON-RPC interface, which ims-alg tells of failures: a listener that says what a test wants. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/addr.h"
#include "proto/io/loop.h"

enum { FAKE_RPC_CONNS = 16 };

struct fake_rpc {
	struct loop *loop;
	struct loop_io io;
	int fd;
	struct addr addr;
	struct fake_rpc_conn {
		struct fake_rpc *rpc;
		int fd;
		struct loop_io io;
		char in[4096];
		size_t len;
	} conn[FAKE_RPC_CONNS];
	uint32_t n;       /* connections so far */
	uint32_t asked;   /* whole requests so far */
	bool silent;      /* answers nothing */
	const char *says; /* body of the answers */
	char last[4096];  /* request */
};

extern const char FAKE_RPC_TOOK[], FAKE_RPC_REFUSED[];

/* Listens at a port of the kernel's choice, in addr; the first who connect wait for fake_rpc_serve(). */
void fake_rpc_init(struct fake_rpc *r, const char *says);
void fake_rpc_serve(struct fake_rpc *r, struct loop *l);
void fake_rpc_fini(struct fake_rpc *r);
