/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operator typed to ims-ctl. */
#pragma once

#include <stdbool.h>

#include "proto/base/addr.h"
#include "proto/base/arena.h"
#include "proto/io/opts.h"

/* Exit status; ims-ctl(1). */
enum ctl_exit { CTL_OK = 0, CTL_ERROR = 1, CTL_USAGE = 2, CTL_NO_ANSWER = 3 };

enum { CTL_WORDS_MAX = 64 };

struct ctl_conf {
	bool ng_is_tcp;
	struct addr ng;
	struct span call_id, from_tag, to_tag; /* empty: not given */
	struct span direction[2];
	const char *sdp_path; /* "-": standard input */
	const char *answer_path; /* explain: of the answer to it; NULL: none */
	const char *alg_control, *agw_control;
	unsigned timeout_ms; /* of one try */
	unsigned tries;
	bool is_json;
	struct span words[CTL_WORDS_MAX]; /* command first */
	unsigned n_words;
	struct arena arena; /* holds the text of all of it */
};

/* Defaults; ends with ctl_conf_fini(). */
void ctl_conf_init(struct ctl_conf *c);
void ctl_conf_fini(struct ctl_conf *c);
/* Parses the command line into c. */
enum opts_result ctl_conf_parse(struct ctl_conf *c, int argc, char **argv);
