/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of explain: explain.c (what is told, and what changed), explain_line.c (one m-line). */
#pragma once

#include "alg/explain.h"
#include "alg/rewrite.h"

/* What the offer made of a m-line; its answer begins with it. */
struct explain_line {
	enum treatment treatment;
	enum msrp_mode msrp;
	enum sdp_setup offered;      /* a=setup as it came */
	bool offered_tls;            /* TCP/TLS/MSRP, as it came */
	bool served;                 /* through a gateway */
	bool has_our_address;        /* in the SDP that leaves, or none */
	struct mgc_term want[SIDES];
};

struct explain {
	struct arena *a;
	const struct calls_conf *conf;
	const struct alg_request *req;
	struct flow_opts opts;
	struct flow_host hosts[FLOW_HOSTS_MAX];
	struct explain_line *lines;  /* of the offer, n_lines of them */
	uint32_t n_lines;
	struct span *error;
	/* The SDP that is being explained: */
	bool is_answer;
	enum side from;
	struct span in;
	struct sdp sdp;
	struct sdp_edits edits;
	bool has_conn;
	struct addr conn;            /* ours of the first line that has one */
};

static inline void
explain_add(struct explain *x, struct ng_val *dict, const char *key, const char *text)
{
	ng_add_str(x->a, dict, key, span_str(text));
}

/* Edits m-line i and tells in list what is done with it and why. 0, or a negative error with *x->error. */
int explain_offer_line(struct explain *x, uint32_t i, struct ng_val *list);
int explain_answer_line(struct explain *x, uint32_t i, struct ng_val *list);
