/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that nobody looks at stay in the kernel: from a socket through a pipe to a socket. The pipe is the worker's, and
 * empty after every call: what the second socket does not take is copied out and waits as any other bytes do, so that
 * back-pressure, ends and resets are those of leg_io.c. */
#include "agw/leg.h"

#include <fcntl.h>
#include <unistd.h>

#include "agw/leg_priv.h"

enum {
	PIPE_BYTES = 1 << 20,   /* counted in pages, of which a small packet takes a whole one */
	WORTH_BYTES = 16 * 1024, /* below, two copies cost less than the pipe */
};

_Static_assert(LEG_SPLICE_MAX <= LEG_PENDING_MAX, "what the second socket does not take can wait");

bool
leg_splice_init(struct leg_env *env)
{
	if (pipe2(env->pipe, O_NONBLOCK | O_CLOEXEC) != 0) {
		env->pipe[0] = env->pipe[1] = -1;
		return false;
	}
	(void)fcntl(env->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
	return true;
}

void
leg_splice_fini(struct leg_env *env)
{
	for (int i = 0; i < 2; i++) {
		if (env->pipe[i] >= 0)
			close(env->pipe[i]);
		env->pipe[i] = -1;
	}
}

bool
leg_may_splice(const struct leg *from, const struct leg *to)
{
	return from->is_bulk && !from->tls && !to->tls && !from->env->copies;
}

/* What is left in a pipe would come out at another relay. */
static void
replace_pipe(struct leg_env *env)
{
	leg_splice_fini(env);
	env->copies = env->copies || !leg_splice_init(env);
}

/* Also when the connection broke meanwhile: the pipe is to be empty. */
static void
copy_out(struct leg *to, size_t left)
{
	struct leg_env *env = to->env;

	while (left) {
		ssize_t n = read(env->pipe[0], env->plain, left < LEG_PLAIN_MAX ? left : LEG_PLAIN_MAX);

		if (n <= 0) {
			replace_pipe(env);
			leg_fail(to, REASON_INTERNAL, 0, "a pipe gave less than it took");
			return;
		}
		leg_send_bytes(to, env->plain, (size_t)n);
		left -= (size_t)n;
	}
}

void
leg_splice(struct leg *from, struct leg *to, size_t max, struct leg_chunk *c)
{
	struct leg_env *env = from->env;
	ssize_t n = splice(from->fd, NULL, env->pipe[1], NULL, max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	*c = (struct leg_chunk){ .end = LEG_GOES_ON };
	c->len = leg_took(n, max, c);
	leg_heard(from, c);
	if (c->len == 0)
		return;
	from->is_bulk = c->len >= WORTH_BYTES;
	to->stats.octets_out += c->len;
	to->stirred_out = true;
	leg_hurry(to);
	n = splice(env->pipe[0], NULL, to->fd, NULL, c->len, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	/* An error is told by the send that follows. */
	copy_out(to, c->len - (n > 0 ? (size_t)n : 0));
}
