/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-ctl at a daemon's control socket. */
#pragma once

#include "proto/ctl/ctl_conf.h"

/* Words "show [alg|agw] WHAT..." or "alg|agw LINE...": sends the line and prints the document that comes back;
 * "metrics [alg|agw]": the counters as Prometheus text.
 * Without a daemon's name both are asked, and those that know the command answer. */
bool ctl_show_is_command(struct span word);
enum ctl_exit ctl_show_run(const struct ctl_conf *c);
