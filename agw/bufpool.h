/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers of one worker, lent only while bytes are pending: an idle session holds none. One thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "proto/base/err.h"

enum {
	BUF_BYTES = 16384 + 512, /* room of one buffer: a whole TLS record fits */
	BUFPOOL_SPARE_MAX = 64,  /* free ones kept for the next borrower; more go back to the heap */
	BUFQ_IOV_MAX = 16,
};

struct buf {
	struct buf *next;
	size_t from, to; /* pending bytes are bytes[from..to) */
	uint8_t bytes[BUF_BYTES];
};

struct bufpool {
	struct buf *spare;
	uint32_t spares;
	uint32_t lent; /* now; for tests and "show" */
};

void bufpool_init(struct bufpool *p);
/* All buffers must have been given back. */
void bufpool_fini(struct bufpool *p);
/* An empty buffer, NULL when out of memory. */
struct buf *bufpool_lend(struct bufpool *p);
/* NULL is legal. */
void bufpool_give_back(struct bufpool *p, struct buf *b);

/* Bytes waiting for a socket, in lent buffers. All zero is empty. */
struct bufq {
	struct buf *head, *tail;
	size_t len;
};

/* Copies bytes in. ERR_NOMEM; the queue then holds a part of them and only bufq_clear() makes sense. */
int bufq_append(struct bufpool *p, struct bufq *q, const void *bytes, size_t len) MUST_CHECK;
/* The first pending bytes as at most BUFQ_IOV_MAX pieces; returns their number. */
int bufq_iov(const struct bufq *q, struct iovec iov[BUFQ_IOV_MAX]);
/* Forgets the first n <= len bytes and gives emptied buffers back. */
void bufq_skip(struct bufpool *p, struct bufq *q, size_t n);
void bufq_clear(struct bufpool *p, struct bufq *q);
