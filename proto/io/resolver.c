/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/err.h"
#include "proto/base/list.h"
#include "proto/io/inbox.h"

struct question {
	struct list node;
	uint64_t tag;
	enum addr_family family;
	char name[RESOLVER_NAME_MAX];
};

struct answer {
	uint64_t tag;
	struct addr addr;
	char name[RESOLVER_NAME_MAX];
};

/* Outlives resolver_free() while a thread is inside getaddrinfo(), which cannot be interrupted: the last to leave
 * frees it. */
struct resolver {
	resolver_fn fn;
	void *arg;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;
	struct list waiting;
	unsigned n_waiting, threads, idle;
	struct inbox *answers; /* NULL: closed */
};

static void
on_answer(void *arg, void *letter)
{
	struct resolver *r = arg;
	const struct answer *a = letter;

	r->fn(r->arg, a->tag, a->name, &a->addr);
}

struct resolver *
resolver_new(struct loop *l, resolver_fn fn, void *arg)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->fn = fn;
	r->arg = arg;
	list_init(&r->waiting);
	r->answers = inbox_new(l, sizeof(struct answer), on_answer, r);
	if (!r->answers) {
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	return r;
}

static void
destroy(struct resolver *r)
{
	pthread_cond_destroy(&r->more);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void
resolver_free(struct resolver *r)
{
	struct inbox *answers;
	bool last;

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	answers = r->answers;
	r->answers = NULL;
	while (r->n_waiting) {
		struct question *q = LIST_OF(r->waiting.next, struct question, node);

		list_unlink(&q->node);
		free(q);
		r->n_waiting--;
	}
	last = r->threads == 0;
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	inbox_free(answers, NULL);
	if (last)
		destroy(r);
}

static void
look_up(const struct question *q, struct addr *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;

	hints.ai_family = q->family == ADDR_V4 ? AF_INET : q->family == ADDR_V6 ? AF_INET6 : AF_UNSPEC;
	*a = (struct addr){ .family = ADDR_NONE };
	if (getaddrinfo(q->name, NULL, &hints, &found))
		return;
	if (addr_from_sockaddr(found->ai_addr, a))
		*a = (struct addr){ .family = ADDR_NONE };
	a->port = 0;
	freeaddrinfo(found);
}

/* The next question, or NULL when the resolver is closed. Called and left with the lock held. */
static struct question *
take_question(struct resolver *r)
{
	struct question *q;

	while (r->answers && !r->n_waiting) {
		r->idle++;
		pthread_cond_wait(&r->more, &r->lock);
		r->idle--;
	}
	if (!r->answers)
		return NULL;
	q = LIST_OF(r->waiting.next, struct question, node);
	list_unlink(&q->node);
	r->n_waiting--;
	return q;
}

static void *
run(void *arg)
{
	struct resolver *r = arg;
	struct question *q;
	bool last;

	pthread_mutex_lock(&r->lock);
	while ((q = take_question(r))) {
		struct answer a = { .tag = q->tag };

		pthread_mutex_unlock(&r->lock);
		look_up(q, &a.addr);
		memcpy(a.name, q->name, sizeof(a.name));
		free(q);
		pthread_mutex_lock(&r->lock);
		if (r->answers)
			inbox_post(r->answers, &a); /* if it does not fit, the one who asked gives up in time */
	}
	last = --r->threads == 0;
	pthread_mutex_unlock(&r->lock);
	if (last)
		destroy(r);
	return NULL;
}

/* With the lock held. Signals are for the loop's thread. */
static int
start_thread(struct resolver *r)
{
	sigset_t all, before;
	pthread_t t;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return ERR_NOMEM;
	pthread_detach(t);
	r->threads++;
	return 0;
}

int
resolver_ask(struct resolver *r, struct span name, enum addr_family family, uint64_t tag)
{
	struct question *q;
	int rc = 0;

	if (name.len >= RESOLVER_NAME_MAX)
		return ERR_TOOBIG;
	q = calloc(1, sizeof(*q));
	if (!q)
		return ERR_NOMEM;
	q->tag = tag;
	q->family = family;
	memcpy(q->name, name.p, name.len);
	pthread_mutex_lock(&r->lock);
	if (r->n_waiting == RESOLVER_WAITING_MAX)
		rc = ERR_LIMIT;
	else if (r->idle <= r->n_waiting && r->threads < RESOLVER_THREADS_MAX)
		rc = start_thread(r);
	if (rc && r->threads && rc != ERR_LIMIT)
		rc = 0; /* those that are there will do */
	if (!rc) {
		list_append(&r->waiting, &q->node);
		r->n_waiting++;
		pthread_cond_signal(&r->more);
	}
	pthread_mutex_unlock(&r->lock);
	if (rc)
		free(q);
	return rc;
}
