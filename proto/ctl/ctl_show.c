/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/out.h"
#include "proto/ctl/ctl_print.h"
#include "proto/io/ctlsock.h"

enum daemon { ALG = 1, AGW = 2 };

bool
ctl_show_is_command(struct span word)
{
	return span_eqs(word, "show") || span_eqs(word, "metrics") || span_eqs(word, "alg") || span_eqs(word, "agw");
}

static bool
wants_metrics(const struct ctl_conf *c)
{
	return span_eqs(c->words[0], "metrics");
}

static unsigned
named(struct span word)
{
	return span_eqs(word, "alg") ? ALG : span_eqs(word, "agw") ? AGW : 0u;
}

/* The line to send, and to whom. */
static unsigned
build_line(const struct ctl_conf *c, struct out *line)
{
	bool is_show = span_eqs(c->words[0], "show") || wants_metrics(c);
	unsigned who = named(c->words[0]), first = 1;

	if (is_show && c->n_words > 1 && named(c->words[1])) {
		who = named(c->words[1]);
		first = 2;
	}
	if (is_show)
		out_span(line, c->words[0]);
	for (unsigned i = first; i < c->n_words; i++) {
		if (line->len)
			out_char(line, ' ');
		out_span(line, c->words[i]);
	}
	return who ? who : ALG | AGW;
}

static int
dial(const char *path, unsigned timeout_ms)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (span_copy(span_str(path), sun.sun_path, sizeof(sun.sun_path)) != 0)
		return ERR_TOOBIG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_from_errno(errno);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) != 0 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		int rc = err_from_errno(errno);

		close(fd);
		return rc;
	}
	return fd;
}

/* Sends the line and reads one document up to its line end. */
static int
ask(const struct ctl_conf *c, const char *path, struct span line, struct out *reply)
{
	int fd = dial(path, c->timeout_ms * c->tries);
	char buf[16384];
	ssize_t n = 0;
	int rc = 0;

	if (fd < 0)
		return fd;
	if (send(fd, line.p, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		rc = err_from_errno(errno);
	while (!rc && !reply->err && (n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		out_bytes(reply, buf, (size_t)n);
		if (buf[n - 1] == '\n')
			break;
	}
	if (!rc && n < 0)
		rc = errno == EAGAIN ? ERR_TIMEOUT : err_from_errno(errno);
	if (!rc && n == 0)
		rc = ERR_CLOSED;
	close(fd);
	return rc ? rc : reply->err;
}

static int
print(const struct ctl_conf *c, struct span reply, char **error)
{
	if (!wants_metrics(c))
		return ctl_print_json(stdout, reply, error);
	return ctl_print_text(stdout, reply, error);
}

/* Prints what a daemon says. With several asked, the one that does not know the command stays silent: *unknown. */
static enum ctl_exit
show(const struct ctl_conf *c, const char *name, const char *path, struct span line, bool is_alone, bool *unknown)
{
	enum ctl_exit status = CTL_OK;
	struct out reply;
	char *error = NULL;
	int rc;

	out_init_heap(&reply, CTL_REPLY_MAX + 2);
	rc = ask(c, path, line, &reply);
	*unknown = rc == 0 && span_has_prefix(out_get(&reply), "{\"error\":\"unknown command");
	if (rc) {
		fprintf(stderr, "ims-ctl: no answer from ims-%s at %s: %s\n", name, path, err_str(rc));
		status = CTL_NO_ANSWER;
	} else if (is_alone || !*unknown) {
		if (!is_alone && !wants_metrics(c))
			printf("%s:\n", name);
		rc = print(c, out_get(&reply), &error);
		if (rc || error)
			status = CTL_ERROR;
		if (rc)
			fprintf(stderr, "ims-ctl: ims-%s answered nothing of use\n", name);
		else if (error)
			fprintf(stderr, "ims-ctl: %s\n", error);
	}
	free(error);
	out_fini(&reply);
	return status;
}

enum ctl_exit
ctl_show_run(const struct ctl_conf *c)
{
	const char *paths[] = { c->alg_control, c->agw_control };
	static const char *const names[] = { "alg", "agw" };
	enum ctl_exit status = CTL_OK;
	char text[CTL_LINE_MAX];
	unsigned who, n_unknown = 0;
	struct out line;

	out_init(&line, text, sizeof(text));
	who = build_line(c, &line);
	if (!line.len || span_eqs(out_get(&line), "show")) {
		fprintf(stderr, "ims-ctl: show what? try: ims-ctl %s help\n", who == AGW ? "agw" : "alg");
		return CTL_USAGE;
	}
	out_char(&line, '\n');
	if (line.err) {
		fprintf(stderr, "ims-ctl: line too long\n");
		return CTL_USAGE;
	}
	for (unsigned i = 0; i < 2; i++) {
		bool unknown = false;
		enum ctl_exit one;

		if (!(who & 1u << i))
			continue;
		one = show(c, names[i], paths[i], out_get(&line), who != (ALG | AGW), &unknown);
		if (one > status)
			status = one;
		n_unknown += unknown;
	}
	if (status == CTL_OK && n_unknown == 2) {
		fprintf(stderr, "ims-ctl: unknown command, try: ims-ctl alg help, ims-ctl agw help\n");
		status = CTL_ERROR;
	}
	return status;
}
