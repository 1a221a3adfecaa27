/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-ctl: what an operator types. */
#include <stdio.h>

#include "proto/ctl/ctl_conf.h"
#include "proto/ctl/ctl_ng.h"
#include "proto/ctl/ctl_show.h"

static enum ctl_exit
run(struct ctl_conf *c)
{
	if (!c->n_words) {
		fprintf(stderr, "ims-ctl: which command? (see --help)\n");
		return CTL_USAGE;
	}
	if (ctl_show_is_command(c->words[0]))
		return ctl_show_run(c);
	if (ctl_ng_is_command(c->words[0]))
		return ctl_ng_run(c);
	fprintf(stderr, "ims-ctl: %.*s: no such command (see --help)\n", SPAN_FMT(c->words[0]));
	return CTL_USAGE;
}

int
main(int argc, char **argv)
{
	enum ctl_exit status = CTL_USAGE;
	struct ctl_conf c;

	ctl_conf_init(&c);
	switch (ctl_conf_parse(&c, argc, argv)) {
	case OPTS_RUN:
		status = run(&c);
		break;
	case OPTS_EXIT_OK:
		status = CTL_OK;
		break;
	case OPTS_EXIT_USAGE:
		break;
	}
	ctl_conf_fini(&c);
	if (fflush(stdout) != 0 && status == CTL_OK)
		status = CTL_ERROR;
	return (int)status;
}
