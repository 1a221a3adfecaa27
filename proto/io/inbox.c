/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

enum {
	BLOCK_BYTES = 8192, /* of letters that are made room for at a time */
};

struct block {
	struct block *next;
	size_t n; /* letters in it */
	max_align_t letters[];
};

struct inbox {
	struct loop_wake *wake;
	inbox_fn fn;
	void *arg;
	size_t letter_bytes, stride, per_block;
	struct block *open;   /* the owner's: out of the chain, delivered up to next */
	size_t next;
	bool paused;          /* the owner's */
	pthread_mutex_t lock; /* guards what follows */
	struct block *first, *last;
	struct block *spare;  /* one emptied block, so that a trickle costs no malloc */
	size_t waiting, max;  /* letters in the chain, and how many may be */
	bool woken;           /* the owner was woken and has not emptied the chain since */
};

static void *
letter_at(const struct inbox *b, struct block *k, size_t i)
{
	return (char *)k->letters + i * b->stride;
}

/* Gives back an emptied block (or NULL) and takes the first one; NULL when the chain is empty. */
static struct block *
swap_block(struct inbox *b, struct block *empty)
{
	struct block *k, *surplus = empty;

	pthread_mutex_lock(&b->lock);
	if (empty && !b->spare) {
		b->spare = empty;
		surplus = NULL;
	}
	k = b->first;
	if (k) {
		b->first = k->next;
		if (!b->first)
			b->last = NULL;
		b->waiting -= k->n;
	} else {
		b->woken = false;
	}
	pthread_mutex_unlock(&b->lock);
	free(surplus);
	return k;
}

/* The next letter is in b->open; false when there is none. */
static bool
has_letter(struct inbox *b)
{
	if (!b->open || b->next == b->open->n) {
		b->open = swap_block(b, b->open);
		b->next = 0;
	}
	return b->open != NULL;
}

/* All that waits now, and no more: whatever the sockets of this turn have to tell was preceded by it, and what comes
 * meanwhile has its turn after them. */
static void
on_wake(void *arg)
{
	struct inbox *b = arg;
	size_t left = b->open ? b->open->n - b->next : 0;

	pthread_mutex_lock(&b->lock);
	left += b->waiting;
	pthread_mutex_unlock(&b->lock);
	for (; left && !b->paused && has_letter(b); left--)
		b->fn(b->arg, letter_at(b, b->open, b->next++));
	if (!b->paused && has_letter(b))
		loop_wake_send(b->wake);
}

void
inbox_set_max(struct inbox *b, size_t max)
{
	pthread_mutex_lock(&b->lock);
	b->max = max;
	pthread_mutex_unlock(&b->lock);
}

void
inbox_pause(struct inbox *b)
{
	b->paused = true;
}

void
inbox_resume(struct inbox *b)
{
	b->paused = false;
	loop_wake_send(b->wake);
}

struct inbox *
inbox_new(struct loop *l, size_t letter_bytes, inbox_fn fn, void *arg)
{
	const size_t align = _Alignof(max_align_t);
	struct inbox *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fn = fn;
	b->arg = arg;
	b->letter_bytes = letter_bytes;
	b->max = INBOX_MAX;
	b->stride = (letter_bytes + align - 1) / align * align;
	b->per_block = BLOCK_BYTES / b->stride ? BLOCK_BYTES / b->stride : 1;
	if (pthread_mutex_init(&b->lock, NULL) != 0) {
		free(b);
		return NULL;
	}
	b->wake = loop_wake_new(l, on_wake, b);
	if (!b->wake) {
		pthread_mutex_destroy(&b->lock);
		free(b);
		return NULL;
	}
	return b;
}

void
inbox_free(struct inbox *b, inbox_fn drop)
{
	if (!b)
		return;
	loop_wake_free(b->wake);
	if (b->open) {
		b->open->next = b->first;
		b->first = b->open;
	}
	while (b->first) {
		struct block *k = b->first;

		for (size_t i = k == b->open ? b->next : 0; drop && i < k->n; i++)
			drop(b->arg, letter_at(b, k, i));
		b->first = k->next;
		free(k);
	}
	free(b->spare);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* A block with room for one letter at the end of the chain; NULL when out of memory. */
static struct block *
block_with_room(struct inbox *b)
{
	struct block *k = b->last;

	if (k && k->n < b->per_block)
		return k;
	k = b->spare;
	b->spare = NULL;
	if (!k)
		k = malloc(sizeof(*k) + b->per_block * b->stride);
	if (!k)
		return NULL;
	k->next = NULL;
	k->n = 0;
	if (b->last)
		b->last->next = k;
	else
		b->first = k;
	b->last = k;
	return k;
}

int
inbox_put(struct inbox *b, const void *letter)
{
	struct block *k = NULL;
	int rc = ERR_LIMIT;

	pthread_mutex_lock(&b->lock);
	if (b->waiting < b->max) {
		k = block_with_room(b);
		rc = k ? 0 : ERR_NOMEM;
	}
	if (k) {
		memcpy(letter_at(b, k, k->n++), letter, b->letter_bytes);
		b->waiting++;
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}

void
inbox_knock(struct inbox *b)
{
	bool wake;

	pthread_mutex_lock(&b->lock);
	wake = b->waiting && !b->woken;
	if (wake)
		b->woken = true;
	pthread_mutex_unlock(&b->lock);
	/* One wake a burst: the owner empties the chain before it sleeps again. */
	if (wake)
		loop_wake_send(b->wake);
}

int
inbox_post(struct inbox *b, const void *letter)
{
	int rc = inbox_put(b, letter);

	if (rc == 0)
		inbox_knock(b);
	return rc;
}
