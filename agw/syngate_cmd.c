/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_cmd.h"

#include <cap-ng.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"

static int
find_tool(const char *name, char *path, size_t cap)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, cap, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return 0;
	}
	return ERR_NOTFOUND;
}

/* An anonymous file that holds script, standing at its beginning; negative on failure. */
static int
open_script(struct span script)
{
	int fd = memfd_create("script", MFD_CLOEXEC);

	if (fd < 0)
		return ERR_IO;
	if (script.len > 0 && (write(fd, script.p, script.len) != (ssize_t)script.len || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return ERR_IO;
	}
	return fd;
}

/* Starts the tool with the two files as standard streams. The environment is empty but for the essentials: what it
 * does must not depend on ours. */
static int
spawn(pid_t *pid, const char *path, const char *const *argv, int in, int out)
{
	static char path_env[] = "PATH=/usr/sbin:/sbin:/usr/bin:/bin", lang_env[] = "LC_ALL=C";
	char *envp[] = { path_env, lang_env, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	union {
		const char *const *in;
		char *const *out;
	} args = { argv }; /* posix_spawn does not write, its type only says so */
	int err;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGCHLD);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ERR_NOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ERR_NOMEM;
	}
	err = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!err)
		err = posix_spawn(pid, path, &files, &attr, args.out, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err ? ERR_IO : 0;
}

/* Ambient capabilities are what an unprivileged user's child inherits. Root's children need none. The inheritable one
 * that they rest on stays: it gives nothing by itself, and without it in the bounding set it could not be had again. */
static void
lend_capability(bool on)
{
	if (geteuid() == 0 || capng_get_caps_process() != 0 ||
	    !capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN))
		return;
	if (on && !capng_have_capability(CAPNG_INHERITABLE, CAP_NET_ADMIN)) {
		(void)capng_update(CAPNG_ADD, CAPNG_INHERITABLE, CAP_NET_ADMIN);
		(void)capng_apply(CAPNG_SELECT_CAPS);
	}
	(void)capng_update(on ? CAPNG_ADD : CAPNG_DROP, CAPNG_AMBIENT, CAP_NET_ADMIN);
	(void)capng_apply(CAPNG_SELECT_AMBIENT);
}

static void
tell_why(const char *tool, int status, int out, char *why)
{
	char said[SYNGATE_WHY_MAX] = "";
	ssize_t n = pread(out, said, sizeof(said) - 1, 0);
	size_t end;

	said[n > 0 ? n : 0] = '\0';
	end = strcspn(said, "\n");
	snprintf(why, SYNGATE_WHY_MAX, "%s status %d: %.*s", tool, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	         (int)(end < 120 ? end : 120), said);
}

static int
run(const char *path, const char *const *argv, int in, int out, char *why)
{
	int status = -1, err;
	pid_t pid, got;

	lend_capability(true);
	err = spawn(&pid, path, argv, in, out);
	lend_capability(false);
	if (err) {
		snprintf(why, SYNGATE_WHY_MAX, "%s cannot be started", path);
		return err;
	}
	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	tell_why(argv[0], status, out, why);
	return ERR_IO;
}

int
syngate_cmd_run(const char *const *argv, struct span script, char *why)
{
	char path[64];
	int in = -1, out = -1, err = find_tool(argv[0], path, sizeof(path));

	if (err) {
		snprintf(why, SYNGATE_WHY_MAX, "%s is not installed", argv[0]);
		return err;
	}
	in = open_script(script);
	out = open_script(SPAN_NULL);
	if (in >= 0 && out >= 0) {
		err = run(path, argv, in, out, why);
	} else {
		snprintf(why, SYNGATE_WHY_MAX, "no memory file for %s", argv[0]);
		err = ERR_IO;
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return err;
}
