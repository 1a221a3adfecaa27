/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of ims-alg, as one value. */
#pragma once

#include <stdbool.h>

#include "alg/alg_limits.h"
#include "alg/call.h"
#include "alg/flow.h"
#include "alg/policy.h"
#include "proto/base/addr.h"
#include "proto/base/bounds.h"
#include "proto/codec/iq_names.h"
#include "proto/io/h248_conf.h"
#include "proto/io/mgco_node.h"

struct alg_listen {
	enum mgco_proto proto; /* NG has no SCTP */
	struct addr addr;
};

struct alg_conf {
	struct daemon_conf daemon; /* first, and */
	struct h248_conf wire;     /* second: struct h248_head */
	struct alg_listen ng[ALG_LISTEN_MAX], h248[ALG_LISTEN_MAX];
	unsigned n_ng, n_h248;
	char mid[MGCO_MID_MAX]; /* "": from the first --h248 address */
	char realm[SIDES][ALG_REALM_MAX];
	bool interlink;
	enum sdp_setup prefer[SIDES]; /* --setup-role */
	enum syn_policy syn;
	enum e2ae_policy e2ae;
	struct agwset_conf agwset;
	struct failure_conf failure;
	struct failure_policy on_failure;
	enum msrp_policy msrp;
	bool resolve; /* host names in SDP */
	struct iq_names names;
};

/* The defaults. Listeners are added by alg_conf_done(), so that a flag replaces the default and does not add to it. */
void alg_conf_init(struct alg_conf *c);
/* Fills what no flag set and checks what belongs together. ERR_INVAL with a sentence in why. */
int alg_conf_done(struct alg_conf *c, char why[OPTS_ERROR_MAX]);
#define ALG_CONTROL_PATH "/run/ims-e2ae/alg.sock"

/* The option table, for opts_parse() and the man page check; ends with a zero row. conf is a struct alg_conf. */
extern const struct opt alg_opts[];
