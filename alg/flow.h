/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: what each kind of call asks of the gateway for a m-line, in the offer and in the answer. One struct flow a kind;
 * the exchange picks one and knows no more of it. */
#pragma once

#include "alg/mgc.h"
#include "alg/policy.h"
#include "alg/side.h"

enum syn_policy { SYN_IGNORE, SYN_LATCH, SYN_FILTER }; /* --syn-policy */

/* What a host name of an SDP means. */
enum { FLOW_HOSTS_MAX = 8 };
struct flow_host {
	struct span name;
	struct addr addr; /* family ADDR_NONE: it could not be resolved */
};

struct flow_opts {
	const char *realm[SIDES];
	enum syn_policy syn;
	enum sdp_setup prefer[SIDES]; /* --setup-role: our role where the peer leaves the choice; ABSENT: auto */
	bool interlink;            /* variant A (TS 23.334 6.2.10.3.1.2.1), else B */
	enum addr_family family;   /* wished for the side that the SDP goes to; ADDR_NONE: as it came */
	const struct flow_host *hosts; /* n_hosts of them, borrowed */
	unsigned n_hosts;
	struct addr source;        /* use it instead of c= (flag SIP-source-address); family ADDR_NONE: no */
};

struct flow_line {
	const struct flow_opts *opts;
	const struct sdp *sdp;
	const struct sdp_media *line;
	enum side from;            /* the side that this SDP came from */
	enum treatment treatment;
	enum msrp_mode msrp;       /* offer: what is wished for; the answer keeps what the context has */
	enum sdp_setup offered;    /* answer: a=setup of the offer as it came */
	bool offered_tls;          /* answer: the offer said TCP/TLS/MSRP, as it came */
};

enum { FLOW_WHY_MAX = 160 };
struct flow_out {
	enum sdp_setup write;      /* a=setup of the SDP that leaves */
	bool cema;                 /* aware: a=msrp-cema is said in the SDP that leaves */
	bool moved;                /* the peer's address is not the one of its c= line: a NAT is between */
	const char *reason;        /* on failure: a word of cause.def or proto/base/reason.def */
	char why[FLOW_WHY_MAX];    /* on failure: a sentence */
};

struct flow {
	const char *name;
	/* Fills want for an Add. 0, or ERR_SYNTAX, ERR_MISMATCH, ERR_UNSUPPORTED with out->reason and ->why. */
	int (*offer)(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out);
	/* Turns want as it was ordered for the offer into what the answer needs. As above. */
	int (*answer)(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out);
};

/* The flow of a treatment when this side made the offer; NULL: there is none (yet). */
const struct flow *flow_find(enum treatment t, enum side offerer);

/* ---- shared by the flows ---- */
int flow_fail(struct flow_out *out, int err, const char *reason, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* What this SDP says of its sender: address and, where t->msrp is aware, a=path. The address is that of c= and m=, of the
 * first a=path entry where the gateway is aware and the sender does not know CEMA, or the source of the SIP message when
 * the options say so. A host name must be among the hosts of the options. */
int flow_peer(const struct flow_line *in, struct mgc_term *t, struct flow_out *out);
/* The host name that flow_peer() will look up, if any. family: the one that c= names. */
bool flow_host_needed(const struct flow_line *in, bool aware, struct span *name, enum addr_family *family);
/* Both terminations as an offer begins with. */
void flow_begin(const struct flow_line *in, struct mgc_term want[SIDES]);
/* Roles, triggers and gates of both terminations from a=setup of this SDP and, when it is the answer to it, of the offer.
 * want[].remote must be filled in. */
int flow_settle(const struct flow_line *in, bool answered, struct mgc_term want[SIDES], struct flow_out *out);
/* The certificate that a UE will show (RFC 8122). Without one there is no e2ae, and never a plain leg instead. */
int flow_fingerprints(const struct flow_line *in, struct fpr_set *set, struct flow_out *out);
/* True for a port that a peer will really connect from or to (RFC 4145: 9 says "I only connect"). */
bool flow_port_is_usable(uint16_t port);
