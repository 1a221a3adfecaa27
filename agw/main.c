/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-agw: flags, privileges, signals. Everything else is in agw.c. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agw/agw.h"
#include "proto/io/daemon.h"

enum { EXIT_USAGE = 2 };

struct run {
	struct loop *loop;
	struct agw *agw;
	bool is_stopping;
};

static void
on_stopped(void *arg)
{
	struct run *r = arg;

	loop_stop(r->loop);
}

/* The second signal does not wait for the controller's answer. */
static void
on_signal(void *arg)
{
	struct run *r = arg;

	if (r->is_stopping) {
		loop_stop(r->loop);
		return;
	}
	r->is_stopping = true;
	log_notice("stopping contexts=%u", (unsigned)r->agw->ctxs.n);
	agw_stop(r->agw, on_stopped, r);
}

static int
run(struct run *r)
{
	if (loop_signal(r->loop, SIGTERM, on_signal, r) != 0 || loop_signal(r->loop, SIGINT, on_signal, r) != 0) {
		log_error("signals cannot be caught");
		return EXIT_FAILURE;
	}
	r->agw->on_stopped = on_stopped; /* also when drained */
	r->agw->stopped_arg = r;
	if (agw_start(r->agw) != 0)
		return EXIT_FAILURE;
	loop_run(r->loop);
	log_notice("stopped");
	return EXIT_SUCCESS;
}

/* NFQUEUE's verdicts need CAP_NET_ADMIN for as long as we live. */
static bool
needs_net_admin(const struct agw_conf *c)
{
	return c->syngate.kind == SYNGATE_AUTO || c->syngate.kind == SYNGATE_NFQUEUE;
}

static int
start(const struct agw_conf *c)
{
	struct run r = { .loop = loop_new() };
	int rc = EXIT_FAILURE;

	if (!r.loop) {
		log_error("no event loop");
		return EXIT_FAILURE;
	}
	r.agw = agw_new(r.loop, c);
	if (r.agw && c->common.is_check)
		rc = EXIT_SUCCESS;
	else if (r.agw && daemon_make_control_dir(&c->common) == 0 &&
	         daemon_drop_privileges(&c->common, needs_net_admin(c)) == 0)
		rc = run(&r);
	agw_free(r.agw);
	loop_free(r.loop);
	return rc;
}

int
main(int argc, char **argv)
{
	struct agw_conf conf;
	const struct opts_desc desc = {
		.prog = "ims-agw",
		.summary = "IMS access gateway: TCP and TLS relay under H.248 control (3GPP Iq)",
		.table = agw_opts,
		.conf = &conf,
	};
	char why[OPTS_ERROR_MAX];

	agw_conf_init(&conf);
	switch (opts_parse(&desc, argc, argv)) {
	case OPTS_EXIT_OK:
		return EXIT_SUCCESS;
	case OPTS_EXIT_USAGE:
		return EXIT_USAGE;
	case OPTS_RUN:
		break;
	}
	if (agw_conf_finish(&conf, why) != 0) {
		(void)fprintf(stderr, "ims-agw: %s\n", why);
		return EXIT_USAGE;
	}
	log_open("ims-agw", conf.common.log, conf.common.log_level);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)daemon_raise_nofile();
	return start(&conf);
}
