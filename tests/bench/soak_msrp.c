/* SPDX-License-Identifier: BSD-2-Clause */
/* One end's MSRP, for application-aware sessions: its octets travel as the chunks of one message, whole messages are
 * taken apart again. Shares no code with the gateway's. */
#include "tests/bench/soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_MAX = 32768,
	HEAD_MAX = 2048,
	OUT_MAX = BODY_MAX + HEAD_MAX,
	IN_MAX = OUT_MAX + SOAK_IO,
	ANSWERS_MAX = 65536,
	TID_MAX = 40,
};

struct soak_msrp {
	char own[SOAK_PATH_MAX], peer[SOAK_PATH_MAX];
	char out[OUT_MAX], answers[ANSWERS_MAX];
	uint8_t in[IN_MAX];
	size_t from, to, answers_len, in_len;
	uint64_t queued; /* octets of the stream that are in messages */
	uint64_t chunks, number;
};

struct soak_msrp *
soak_msrp_new(uint64_t number, bool tls, const struct addr *at)
{
	struct soak_msrp *m = calloc(1, sizeof(*m));
	char text[ADDR_TEXT_MAX];

	if (!m)
		abort();
	m->number = number;
	snprintf(m->own, sizeof(m->own), "%s://%s/soak%" PRIu64 ";tcp", tls ? "msrps" : "msrp", addr_text(at, text),
	         number);
	return m;
}

void
soak_msrp_free(struct soak_msrp *m)
{
	free(m);
}

const char *
soak_msrp_own(const struct soak_msrp *m)
{
	return m->own;
}

void
soak_msrp_set_peer(struct soak_msrp *m, const char *path)
{
	snprintf(m->peer, sizeof(m->peer), "%s", path);
}

/* ---- out ---- */

/* Some chunks want an answer, some have no body. */
static void
put_chunk(struct soak_end *e, uint64_t random)
{
	struct soak_msrp *m = e->msrp;
	uint64_t left = e->to_send - m->queued;
	size_t len = 1 + (random >> 8) % BODY_MAX, at = 0;
	int head;

	if (len > left)
		len = (size_t)left;
	if (random % 16 == 0)
		len = 0;
	head = snprintf(m->out, HEAD_MAX, "MSRP t%" PRIu64 "x%" PRIu64 " SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\n"
	                "Message-ID: m%" PRIu64 "\r\n%s", m->number, ++m->chunks, m->peer, m->own, m->number,
	                random & 64 ? "Failure-Report: no\r\n" : "");
	if (len)
		head += snprintf(m->out + head, HEAD_MAX - (size_t)head, "Byte-Range: %" PRIu64 "-%" PRIu64 "/%" PRIu64
		                 "\r\nContent-Type: application/octet-stream\r\n\r\n", m->queued + 1, m->queued + len,
		                 e->to_send);
	m->to = (size_t)head;
	while (at < len) {
		size_t part = len - at;
		const uint8_t *bytes = soak_contents(e->env, e->seed[0], m->queued + at, &part);

		memcpy(m->out + m->to, bytes, part);
		m->to += part;
		at += part;
	}
	m->queued += len;
	e->sent = m->queued;
	m->to += (size_t)snprintf(m->out + m->to, TID_MAX + 16, "%s-------t%" PRIu64 "x%" PRIu64 "%c\r\n",
	                          len ? "\r\n" : "", m->number, m->chunks, m->queued < e->to_send && len ? '+' : '$');
	m->from = 0;
}

bool
soak_msrp_has_more(const struct soak_end *e, bool may_send)
{
	const struct soak_msrp *m = e->msrp;

	return m->peer[0] && (m->from < m->to || m->answers_len || (may_send && m->queued < e->to_send));
}

const char *
soak_msrp_peek(struct soak_end *e, bool may_send, uint64_t random, size_t *len)
{
	struct soak_msrp *m = e->msrp;

	if (!soak_msrp_has_more(e, may_send))
		return NULL;
	if (m->from == m->to && m->answers_len) {
		m->to = m->answers_len < OUT_MAX ? m->answers_len : OUT_MAX;
		memcpy(m->out, m->answers, m->to);
		memmove(m->answers, m->answers + m->to, m->answers_len - m->to);
		m->answers_len -= m->to;
		m->from = 0;
	} else if (m->from == m->to) {
		put_chunk(e, random);
	}
	*len = m->to - m->from;
	return m->out + m->from;
}

void
soak_msrp_skip(struct soak_end *e, size_t n)
{
	e->msrp->from += n;
}

/* ---- in ---- */

/* The value of a header of a head that ends at end; NULL when there is none. */
static const char *
find_header(const char *head, const char *end, const char *name, size_t *len)
{
	const char *at = strstr(head, name), *eol;

	if (!at || at >= end)
		return NULL;
	at += strlen(name);
	eol = strstr(at, "\r\n");
	*len = eol ? (size_t)(eol - at) : 0;
	return at;
}

static bool
is_path(const char *head, const char *end, const char *name, const char *path)
{
	size_t len = 0;
	const char *at = find_header(head, end, name, &len);

	return at && len == strlen(path) && memcmp(at, path, len) == 0;
}

static void
answer(struct soak_msrp *m, const char *tid)
{
	if (m->answers_len > ANSWERS_MAX - HEAD_MAX)
		return; /* more than anybody waits for here */
	m->answers_len += (size_t)snprintf(m->answers + m->answers_len, HEAD_MAX,
	                                   "MSRP %s 200 OK\r\nTo-Path: %s\r\nFrom-Path: %s\r\n-------%s$\r\n", tid,
	                                   m->peer, m->own, tid);
}

/* The gateway ends a chunk whose sender went away: '#' before the body is complete, and nothing after. */
static bool
is_cut_short(struct soak_end *e, size_t head, size_t whole, const char *end_line, size_t tail)
{
	struct soak_msrp *m = e->msrp;
	const uint8_t *at = m->in_len < whole ? memmem(m->in + head, m->in_len - head, end_line, tail) : NULL;

	return at && at + tail + 3 == m->in + m->in_len && memcmp(at + tail, "#\r\n", 3) == 0 &&
	       soak_check(e, m->in + head, (size_t)(at - m->in) - head);
}

/* A message at the beginning of in: its length, 0 if it is not there yet, -1 if it is wrong. head is its copy up to
 * the body, terminated. */
static ssize_t
take_message(struct soak_end *e, char *head, size_t cap)
{
	struct soak_msrp *m = e->msrp;
	size_t n = m->in_len < cap - 1 ? m->in_len : cap - 1, body = 0, len, tail;
	unsigned long long first, last;
	char tid[TID_MAX + 1], word[16], end_line[TID_MAX + 16], flag;
	const char *blank, *end, *range;

	memcpy(head, m->in, n);
	head[n] = '\0';
	end = strstr(head, "\r\n-------");
	blank = strstr(head, "\r\n\r\n");
	if (!end && !blank)
		return n == cap - 1 ? -1 : 0;
	if (sscanf(head, "MSRP %40s %15s", tid, word) != 2)
		return -1;
	if (blank && (!end || blank < end)) {
		range = find_header(head, blank, "\r\nByte-Range: ", &len);
		if (!range || sscanf(range, "%llu-%llu/", &first, &last) != 2 || first != e->got + 1 || last < first ||
		    last - first >= BODY_MAX)
			return -1;
		body = (size_t)(last - first) + 1;
		end = blank + 4; /* of the head */
		tail = (size_t)snprintf(end_line, sizeof(end_line), "\r\n-------%s", tid);
	} else {
		end += 2;
		tail = (size_t)snprintf(end_line, sizeof(end_line), "-------%s", tid);
	}
	len = (size_t)(end - head) + body;
	if (body && is_cut_short(e, (size_t)(end - head), len + tail, end_line, tail))
		return (ssize_t)m->in_len;
	if (m->in_len < len + tail + 3)
		return 0;
	/* '#' behind a whole body: the sender went away before its end-line was complete. */
	flag = (char)m->in[len + tail];
	if (memcmp(m->in + len, end_line, tail) != 0 ||
	    (flag != '$' && flag != '+' && (flag != '#' || m->in_len != len + tail + 3)) ||
	    memcmp(m->in + len + tail + 1, "\r\n", 2) != 0 || !is_path(head, end, "\r\nTo-Path: ", m->own) ||
	    (m->peer[0] && !is_path(head, end, "\r\nFrom-Path: ", m->peer)))
		return -1;
	if (strcmp(word, "SEND") == 0 && !is_path(head, end, "\r\nFailure-Report: ", "no"))
		answer(m, tid);
	else if (strcmp(word, "SEND") != 0 && strcmp(word, "200") != 0)
		return -1;
	if (body && !soak_check(e, m->in + (end - head), body))
		return -1;
	return (ssize_t)(len + tail + 3);
}

bool
soak_msrp_take(struct soak_end *e, const uint8_t *bytes, size_t n)
{
	struct soak_msrp *m = e->msrp;
	char head[HEAD_MAX];
	ssize_t used = 1;

	if (m->in_len + n > IN_MAX)
		return false;
	memcpy(m->in + m->in_len, bytes, n);
	m->in_len += n;
	while (used > 0 && m->in_len) {
		used = take_message(e, head, sizeof(head));
		if (used > 0) {
			m->in_len -= (size_t)used;
			memmove(m->in, m->in + used, m->in_len);
		}
	}
	return used >= 0;
}
