/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-ctl's NG client: builds a request, repeats it until it is answered, prints the reply. */
#pragma once

#include "proto/ctl/ctl_conf.h"

/* True when words[0] of c is an NG command. */
bool ctl_ng_is_command(struct span word);
/* Runs it; what it has to say went to standard output and standard error. */
enum ctl_exit ctl_ng_run(struct ctl_conf *c);
