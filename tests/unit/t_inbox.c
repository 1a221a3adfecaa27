/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/inbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

enum { SENDERS = 3, LETTERS = 20000 };

struct letter {
	uint32_t sender, n;
	char pad[21]; /* an odd size */
};

struct reader {
	struct loop *loop;
	struct inbox *box;
	uint32_t next[SENDERS];
	uint32_t total, dropped;
	uint32_t answers; /* letters still to be posted from the callback */
};

static void
on_letter(void *arg, void *p)
{
	struct reader *r = arg;
	struct letter *m = p;

	CU_ASSERT_FATAL(m->sender < SENDERS);
	if (r->next[m->sender] != m->n)
		CU_FAIL("a letter is lost or out of order");
	r->next[m->sender] = m->n + 1;
	r->total++;
	if (r->answers) {
		r->answers--;
		m->n++;
		CU_ASSERT_EQUAL(inbox_post(r->box, m), 0);
	}
	if (r->total == SENDERS * LETTERS)
		loop_stop(r->loop);
}

static void
drop_letter(void *arg, void *p)
{
	struct reader *r = arg;
	struct letter *m = p;

	CU_ASSERT_EQUAL(m->n, r->dropped);
	r->dropped++;
}

struct sender {
	struct inbox *box;
	uint32_t id;
};

static void *
send_all(void *arg)
{
	struct sender *s = arg;

	for (uint32_t i = 0; i < LETTERS; i++) {
		struct letter m = { .sender = s->id, .n = i };

		if (inbox_post(s->box, &m) != 0)
			abort();
	}
	return NULL;
}

static void
letters_of_many_threads_arrive_in_each_ones_order(void)
{
	struct reader r = { .loop = loop_new() };
	struct sender s[SENDERS];
	pthread_t th[SENDERS];

	r.box = inbox_new(r.loop, sizeof(struct letter), on_letter, &r);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.box);
	for (uint32_t i = 0; i < SENDERS; i++) {
		s[i] = (struct sender){ r.box, i };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&th[i], NULL, send_all, &s[i]), 0);
	}
	loop_run(r.loop);
	for (uint32_t i = 0; i < SENDERS; i++) {
		pthread_join(th[i], NULL);
		CU_ASSERT_EQUAL(r.next[i], LETTERS);
	}
	inbox_free(r.box, NULL);
	loop_free(r.loop);
}

static bool
has_four(void *arg)
{
	return ((struct reader *)arg)->total == 4;
}

static void
a_callback_may_post_to_its_own_box(void)
{
	struct reader r = { .loop = loop_new_sim(0), .answers = 3 };
	struct letter m = { 0 };

	r.box = inbox_new(r.loop, sizeof(m), on_letter, &r);
	CU_ASSERT_EQUAL(inbox_post(r.box, &m), 0);
	CU_ASSERT(loop_sim_run(r.loop, 0, has_four, &r));
	CU_ASSERT_FALSE(loop_poll(r.loop));
	inbox_free(r.box, drop_letter);
	CU_ASSERT_EQUAL(r.dropped, 0);
	loop_free(r.loop);
}

static void
undelivered_letters_are_given_to_drop(void)
{
	struct reader r = { .loop = loop_new_sim(0) };

	r.box = inbox_new(r.loop, sizeof(struct letter), on_letter, &r);
	for (uint32_t i = 0; i < 1000; i++) {
		struct letter m = { .n = i };

		CU_ASSERT_EQUAL(inbox_post(r.box, &m), 0);
	}
	inbox_free(r.box, drop_letter);
	CU_ASSERT_EQUAL(r.dropped, 1000);
	CU_ASSERT_EQUAL(r.total, 0);
	loop_free(r.loop);
}

static void
count_letter(void *arg, void *p)
{
	(void)p;
	++*(uint32_t *)arg;
}

static bool
is_full_count(void *arg)
{
	return *(uint32_t *)arg == INBOX_MAX;
}

static void
a_full_box_refuses_and_recovers(void)
{
	struct loop *l = loop_new_sim(0);
	uint32_t n = 0;
	struct inbox *box = inbox_new(l, 4, count_letter, &n);
	int rc = 0;

	for (uint32_t i = 0; i < INBOX_MAX && !rc; i++)
		rc = inbox_post(box, &i);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT_EQUAL(inbox_post(box, &n), ERR_LIMIT);
	CU_ASSERT(loop_sim_run(l, 0, is_full_count, &n));
	CU_ASSERT_EQUAL(inbox_post(box, &n), 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(n, INBOX_MAX + 1);
	inbox_free(box, NULL);
	loop_free(l);
}

struct pauser {
	struct inbox *box;
	uint32_t n, stop_at;
};

static void
pause_at(void *arg, void *letter)
{
	struct pauser *p = arg;

	(void)letter;
	if (++p->n == p->stop_at)
		inbox_pause(p->box);
}

static void
count_rest(void *arg, void *letter)
{
	struct pauser *p = arg;
	const struct letter *m = letter;

	CU_ASSERT_EQUAL(m->n, p->n);
	p->n++;
}

static void
a_paused_box_keeps_the_rest(void)
{
	struct loop *l = loop_new_sim(0);
	struct pauser p = { .stop_at = 700 }; /* in the midst of a block */

	p.box = inbox_new(l, sizeof(struct letter), pause_at, &p);
	for (uint32_t i = 0; i < 1500; i++) {
		struct letter m = { .n = i };

		CU_ASSERT_EQUAL(inbox_post(p.box, &m), 0);
	}
	while (loop_poll(l))
		;
	CU_ASSERT_EQUAL(p.n, 700);
	p.stop_at = 1000;
	inbox_resume(p.box);
	while (loop_poll(l))
		;
	CU_ASSERT_EQUAL(p.n, 1000);
	inbox_free(p.box, count_rest);
	CU_ASSERT_EQUAL(p.n, 1500);
	loop_free(l);
}

/* A socket may be ready because of what a letter said: the letter comes first, however many there are. */
static void
what_waits_is_delivered_in_one_turn(void)
{
	struct loop *l = loop_new_sim(0);
	uint32_t n = 0;
	char letter[3000] = { 0 };
	struct inbox *box = inbox_new(l, sizeof(letter), count_letter, &n);

	for (uint32_t i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(inbox_post(box, letter), 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(n, 1000);
	inbox_free(box, NULL);
	loop_free(l);
}

static void
letters_that_were_put_wait_for_the_knock(void)
{
	struct loop *l = loop_new_sim(0);
	uint32_t n = 0;
	struct inbox *box = inbox_new(l, 4, count_letter, &n);

	CU_ASSERT_EQUAL(inbox_put(box, &n), 0);
	CU_ASSERT_EQUAL(inbox_put(box, &n), 0);
	CU_ASSERT_FALSE(loop_poll(l));
	inbox_knock(box);
	inbox_knock(box);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_FALSE(loop_poll(l));
	inbox_knock(box); /* nothing to tell */
	CU_ASSERT_FALSE(loop_poll(l));
	inbox_free(box, NULL);
	loop_free(l);
}

const char test_suite[] = "inbox";
const struct test_case test_cases[] = {
	TEST(letters_of_many_threads_arrive_in_each_ones_order),
	TEST(a_callback_may_post_to_its_own_box),
	TEST(undelivered_letters_are_given_to_drop),
	TEST(what_waits_is_delivered_in_one_turn),
	TEST(letters_that_were_put_wait_for_the_knock),
	TEST(a_full_box_refuses_and_recovers),
	TEST(a_paused_box_keeps_the_rest),
	{ 0 },
};
