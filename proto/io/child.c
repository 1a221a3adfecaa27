/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"

struct child {
	struct loop *loop;
	child_done_fn done;
	void *arg;
	pid_t pid; /* 0: it was waited for */
	int pidfd;
	bool killed;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_defer reaper;
};

static int
spawn(const char *path, char *const env[], pid_t *pid)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, normal;
	int rc;

	sigemptyset(&none);
	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE); /* the daemon ignores it, and that would be inherited */
	if (posix_spawn_file_actions_init(&files))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &normal);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	if (!rc)
		rc = posix_spawn(pid, path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* After its end, or after SIGKILL, this does not wait. */
static int
collect(struct child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return status;
}

static void
on_end(struct loop_io *io, unsigned ready)
{
	struct child *c = io->arg;
	child_done_fn done = c->done;
	int status = collect(c);

	(void)ready;
	loop_io_stop(&c->io);
	loop_timer_stop(&c->timer);
	c->done = NULL;
	if (!done)
		return;
	if (WIFEXITED(status))
		done(c->arg, 0, WEXITSTATUS(status));
	else
		done(c->arg, c->killed ? ERR_TIMEOUT : ERR_IO, 0);
}

static void
on_timer(struct loop_timer *t)
{
	struct child *c = t->arg;

	c->killed = true;
	kill(-c->pid, SIGKILL); /* its end shows at the pidfd */
}

struct child *
child_new(struct loop *l, const char *path, char *const env[], unsigned timeout_ms, child_done_fn done, void *arg,
          int *err)
{
	struct child *c = calloc(1, sizeof(*c));
	int rc = c ? spawn(path, env, &c->pid) : ENOMEM;

	if (rc) {
		free(c);
		*err = err_from_errno(rc);
		return NULL;
	}
	c->loop = l;
	c->done = done;
	c->arg = arg;
	loop_defer_init(&c->reaper);
	c->pidfd = pidfd_open(c->pid, 0); /* close-on-exec by itself */
	if (c->pidfd < 0) {
		*err = err_from_errno(errno);
		kill(-c->pid, SIGKILL);
		collect(c);
		free(c);
		return NULL;
	}
	loop_timer_init(&c->timer, l, on_timer, c);
	loop_timer_set(&c->timer, timeout_ms);
	loop_io_init(&c->io, l, c->pidfd, on_end, c);
	loop_io_want(&c->io, LOOP_READ);
	return c;
}

static void
reap(void *arg)
{
	free(arg);
}

void
child_free(struct child *c)
{
	if (!c)
		return;
	loop_timer_stop(&c->timer);
	loop_io_stop(&c->io);
	if (c->pid) {
		kill(-c->pid, SIGKILL);
		collect(c);
	}
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->done = NULL;
	loop_defer(c->loop, &c->reaper, reap, c);
}
