/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/bufpool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
bufpool_init(struct bufpool *p)
{
	*p = (struct bufpool){ 0 };
}

void
bufpool_fini(struct bufpool *p)
{
	assert(p->lent == 0);
	while (p->spare) {
		struct buf *b = p->spare;

		p->spare = b->next;
		free(b);
	}
	p->spares = 0;
}

struct buf *
bufpool_lend(struct bufpool *p)
{
	struct buf *b = p->spare;

	if (b) {
		p->spare = b->next;
		p->spares--;
	} else {
		b = malloc(sizeof(*b)); /* bytes stay untouched until they are needed */
		if (!b)
			return NULL;
	}
	b->next = NULL;
	b->from = b->to = 0;
	p->lent++;
	return b;
}

void
bufpool_give_back(struct bufpool *p, struct buf *b)
{
	if (!b)
		return;
	assert(p->lent > 0);
	p->lent--;
	if (p->spares == BUFPOOL_SPARE_MAX) {
		free(b);
		return;
	}
	b->next = p->spare;
	p->spare = b;
	p->spares++;
}

static int
grow(struct bufpool *p, struct bufq *q)
{
	struct buf *b = bufpool_lend(p);

	if (!b)
		return ERR_NOMEM;
	if (q->tail)
		q->tail->next = b;
	else
		q->head = b;
	q->tail = b;
	return 0;
}

int
bufq_append(struct bufpool *p, struct bufq *q, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	while (len) {
		size_t n;

		if ((!q->tail || q->tail->to == BUF_BYTES) && grow(p, q))
			return ERR_NOMEM;
		n = BUF_BYTES - q->tail->to;
		if (n > len)
			n = len;
		memcpy(q->tail->bytes + q->tail->to, from, n);
		q->tail->to += n;
		q->len += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
bufq_iov(const struct bufq *q, struct iovec iov[BUFQ_IOV_MAX])
{
	int n = 0;

	for (struct buf *b = q->head; b && n < BUFQ_IOV_MAX; b = b->next, n++)
		iov[n] = (struct iovec){ .iov_base = b->bytes + b->from, .iov_len = b->to - b->from };
	return n;
}

void
bufq_skip(struct bufpool *p, struct bufq *q, size_t n)
{
	assert(n <= q->len);
	q->len -= n;
	while (q->head) {
		struct buf *b = q->head;
		size_t here = b->to - b->from;

		if (n < here) {
			b->from += n;
			return;
		}
		n -= here;
		q->head = b->next;
		if (!q->head)
			q->tail = NULL;
		bufpool_give_back(p, b);
	}
}

void
bufq_clear(struct bufpool *p, struct bufq *q)
{
	bufq_skip(p, q, q->len);
}
