/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: from what a m-line needs to H.248 command trees, and from replies back to addresses. The mapping of TS 23.334
 * clause 8 information elements to packages is digest 2.8; item names come from the table iq_names. */
#pragma once

#include "alg/policy.h"
#include "alg/side.h"
#include "proto/base/addr.h"
#include "proto/codec/fpr.h"
#include "proto/codec/iq_names.h"
#include "proto/codec/mgco.h"
#include "proto/codec/sdp.h"

enum {
	MGC_TERM_MAX = MGCO_NAME_MAX + 1,
	MGC_TEXT_MAX = 160,
	MGC_STREAM = 1,
	MGC_OWN_PATH_MAX = 256, /* the gateway's a=path: one URI */
	MGC_PATH_MAX = 512,     /* a peer's a=path; longer ones are refused */
};

/* Items that are left out for a gateway which does not know them (mgc_degrade.h). */
enum mgc_lack {
	MGC_LACKS_AWARE = 1 << 0, /* application-aware MSRP */
	MGC_LACKS_REALM = 1 << 1,
	MGC_LACKS_HANGTERM = 1 << 2,
	MGC_LACKS_CAUSE = 1 << 3,
	MGC_LACKS_TCP_CHANGE = 1 << 4,
	MGC_LACKS_TLS_CHANGE = 1 << 5,
	MGC_LACKS_FILTER = 1 << 6, /* gm/saf where it says OFF */
	MGC_LACKS_DISCARD = 1 << 7,
};

/* All that is wanted of one termination. Every Add and Modify carries the whole LocalControl, because a property that
 * is left out falls back to its default (H.248.1 7.1.7). */
struct mgc_term {
	const char *realm;           /* borrowed, outlives the media */
	enum addr_family family;     /* of the gateway's address */
	bool tls;                    /* TCP/TLS, else TCP; with /MSRP when msrp says so */
	enum msrp_mode msrp;         /* aware: a=path asked for, and the peer's given (TS 23.334 5.19) */
	enum sdp_setup setup;        /* our role, Local a=setup */
	bool link;                   /* an incoming connection here triggers one at the other side */
	bool discard;                /* silently drop SYNs */
	bool latch;                  /* signal: learn the peer's address from its first SYN */
	bool saf, spf;               /* accept only from the remote address, port */
	bool establish;              /* signal: connect now */
	bool report_up;              /* event: tell when the connection is up, not only when it fails */
	struct addr remote;          /* family ADDR_NONE: not known yet */
	enum sdp_setup remote_setup; /* the peer's a=setup, ABSENT: none sent */
	struct fpr_set remote_fprs;
	char remote_path[MGC_PATH_MAX]; /* aware: the peer's a=path; "": not known yet */
	unsigned lacks;              /* enum mgc_lack: not ordered; the same on both sides */
	bool remote_cema;            /* the peer said a=msrp-cema; for the ALG itself, not for the gateway */
};

/* What the gateway chose for one termination. */
struct mgc_end {
	char term[MGC_TERM_MAX];
	struct addr local;
	struct fpr_set fprs; /* of the gateway's certificate, TLS only */
	char path[MGC_OWN_PATH_MAX]; /* its MSRP URI here, aware only, else "" */
};

struct mgc_stats {
	bool known;
	uint64_t octets_in, octets_out; /* as the gateway counts: from the peer, to the peer */
	uint64_t duration_s;
};

/* An error descriptor of a reply, or our own verdict on the reply (code 0). */
struct mgc_failure {
	uint32_t code;
	char text[MGC_TEXT_MAX];
};

/* Add of both terminations in a new context, T1 first. The trees live in a; NULL when it is exhausted. */
struct mgco_action *mgc_build_add(struct arena *a, const struct iq_names *n, const struct mgc_term want[SIDES]);
/* Modify of both terminations. Events are left as they are. */
struct mgco_action *mgc_build_modify(struct arena *a, const struct iq_names *n, uint32_t ctx,
                                     const struct mgc_end end[SIDES], const struct mgc_term want[SIDES]);
/* Signals of one termination alone: connect (again). */
struct mgco_action *mgc_build_establish(struct arena *a, const struct iq_names *n, uint32_t ctx,
                                        const struct mgc_end *end);
/* Subtract of both with statistics; Subtract = * when their names are not known. */
struct mgco_action *mgc_build_subtract(struct arena *a, uint32_t ctx, const struct mgc_end end[SIDES]);

/* Under which request ids we ask for events: of a termination, and of ROOT. They never change. */
enum { MGC_ROOT_REQUEST = 1 };
uint32_t mgc_request_id(enum side s);

/* AuditValue of term in a context (NULL, ALL or one); items of enum mgco_audit_item, 0: nothing but an answer. */
struct mgco_action *mgc_build_audit(struct arena *a, uint32_t ctx, const char *term, unsigned items);
/* Events of ROOT: tell us when we were silent for so long (it/ito, H.248.14; 0: never), and of realms (ipra/arc, H.248.41). */
struct mgco_action *mgc_build_watch(struct arena *a, const struct iq_names *n, uint32_t ms, bool realms);

/* 0, or ERR_REFUSED (error descriptor) or ERR_SYNTAX (reply without what was asked for) with *why. *ctx is set, also
 * on failure, when the gateway made a context (it must then be subtracted), else MGCO_CTX_NULL. */
int mgc_read_add(const struct mgco_txn *reply, const struct mgc_term want[SIDES], struct mgc_end end[SIDES],
                 uint32_t *ctx, struct mgc_failure *why);
/* 0 or ERR_REFUSED with *why. */
int mgc_read_reply(const struct mgco_txn *reply, struct mgc_failure *why);
/* Statistics of a Subtract's reply, as far as they are there. */
void mgc_read_stats(const struct iq_names *n, const struct mgco_txn *reply, const struct mgc_end end[SIDES],
                    struct mgc_stats stats[SIDES]);

enum mgc_event_kind { MGC_EV_OTHER, MGC_EV_HEARTBEAT, MGC_EV_FAILURE, MGC_EV_TCP_UP, MGC_EV_TLS_UP, MGC_EV_CHANGE,
                      MGC_EV_IDLE };
struct mgc_event {
	enum mgc_event_kind kind;
	struct span reason; /* "fp-mismatch" and the like; empty when the gateway gave none */
};
/* An observed event. FAILURE: g/cause, and tcpbcc/tlsbsc BNCChange with a reason; UP: of type Established; CHANGE: of
 * another type. */
struct mgc_event mgc_read_event(const struct iq_names *n, const struct mgco_event *e);

/* True when the gateway must not call an address that we gave it: the peer's fault, not the order's. */
bool mgc_is_denied(const struct mgc_failure *f);
/* True when the gateway says that it does not know application-aware MSRP (H.248.8 445, 449, 501, 515). */
bool mgc_is_unaware(const struct mgc_failure *f);
/* True when another gateway may well do what this one refused: no room, no such realm, not in service. */
bool mgc_is_local(const struct mgc_failure *f);
/* The word for an error reply, of cause.def or proto/base/reason.def. Static. */
const char *mgc_failure_reason(const struct mgc_failure *f);
