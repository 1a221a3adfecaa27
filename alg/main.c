/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-alg: flags, privileges, signals. Everything else is in alg.c. */
#include <stdio.h>
#include <stdlib.h>

#include "alg/alg.h"

static int
run(const struct alg_conf *conf)
{
	struct loop *l = loop_new();
	struct alg *alg = NULL;
	char text[ADDR_TEXT_MAX];
	int rc = EXIT_FAILURE;

	daemon_raise_nofile();
	if (l && !daemon_stop_on_signals(l) && !daemon_make_control_dir(&conf->daemon))
		alg = alg_new(l, conf);
	if (alg && !daemon_drop_privileges(&conf->daemon, false)) {
		log_notice("ims-alg " PACKAGE_VERSION " ready ng=%s mid=%s", addr_text(&alg->ng[0], text), conf->mid);
		loop_run(l);
		log_notice("stopping");
		rc = EXIT_SUCCESS;
	}
	alg_free(alg);
	if (l)
		loop_free(l);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct alg_conf conf;
	const struct opts_desc desc = {
		.prog = "ims-alg",
		.summary = "IMS-ALG beside a P-CSCF: rewrites SDP and programs access gateways over H.248.",
		.table = alg_opts,
		.conf = &conf,
	};
	char why[OPTS_ERROR_MAX];

	alg_conf_init(&conf);
	switch (opts_parse(&desc, argc, argv)) {
	case OPTS_RUN:
		break;
	case OPTS_EXIT_OK:
		return EXIT_SUCCESS;
	case OPTS_EXIT_USAGE:
		return 2;
	}
	if (alg_conf_done(&conf, why)) {
		fprintf(stderr, "ims-alg: %s\n", why);
		return 2;
	}
	if (conf.daemon.is_check)
		return EXIT_SUCCESS;
	log_open("ims-alg", conf.daemon.log, conf.daemon.log_level);
	return run(&conf);
}
