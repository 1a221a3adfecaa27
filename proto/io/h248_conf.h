/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags of both programs for what H.248 leaves open, and where controllers and gateways differ in the field: how messages
 * are written, what is acknowledged, when a Pending goes out. A profile is a named list of flags. */
#pragma once

#include "proto/codec/mgco.h"
#include "proto/io/daemon.h"

struct h248_conf {
	struct mgco_style style;
	bool no_acks;        /* no TransactionResponseAck but where ImmAckRequired asks for it */
	unsigned pending_ms; /* a request that takes longer gets a Pending */
	unsigned mtu;        /* of the way to the peers: over UDP nothing longer is sent */
};

/* A program's configuration begins like this: the functions of H248_OPTS take its address for ours. */
struct h248_head {
	struct daemon_conf daemon;
	struct h248_conf wire;
};

/* IPv4 hosts take 576 octets (RFC 1122 3.3.2). */
enum { H248_PENDING_MS = 100, H248_MTU_MIN = 576, H248_MTU_MAX = 65535 };

/* Sets the defaults. */
void h248_conf_init(struct h248_conf *c);

/* Setters of the rows below. ERR_* with a sentence in why. */
int h248_set_tokens(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_layout(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_case(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_quotes(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_signals(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_streams(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_acks(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_pending(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int h248_set_mtu(void *conf, const char *value, char why[OPTS_ERROR_MAX]);

#define H248_PROFILES "default|erlang|terse|upper|annex-b|v1"

/* Rows for a program's table; set_profile is its own and calls h248_profile_apply(). */
#define H248_OPTS(set_profile) \
	{ "h248-profile", H248_PROFILES, "a named set of the flags below; flags after it win", "default", set_profile }, \
	{ "h248-tokens", "long|short", "keywords of H.248 that we write", "long", h248_set_tokens }, \
	{ "h248-layout", "compact|pretty", "messages without or with line breaks and tabs", "compact", h248_set_layout }, \
	{ "h248-case", "mixed|upper|lower", "keywords as in Annex B, or in one case", "mixed", h248_set_case }, \
	{ "h248-quotes", "strings|needed", "values that are strings in quotes, or only what needs them", "strings", \
	  h248_set_quotes }, \
	{ "h248-empty-signals", "bare|braces", "no signals as \"Signals\" or \"Signals{}\"", "bare", h248_set_signals }, \
	{ "h248-streams", "named|bare", "a single stream 1 inside \"Stream = 1\", or directly in Media", "named", \
	  h248_set_streams }, \
	{ "h248-response-ack", "on|off", "replies are confirmed unasked over UDP", "on", h248_set_acks }, \
	{ "h248-pending-after", "S", "a request that takes longer gets a Pending", "0.1", h248_set_pending }, \
	{ "h248-mtu", "N", "octets of the longest IP packet over UDP; more goes over TCP only", "1500", h248_set_mtu }

/* One profile by its row number; flags are "name=value" up to a NULL. False at the end. For the man page check and tests. */
struct h248_profile {
	const char *name, *text;
	const char *const *flags;
};
bool h248_profile_at(unsigned row, struct h248_profile *p);
/* Sets the flags of a profile through a program's table; those that only the other program has are passed over.
 * ERR_NOTFOUND, or what a flag says. */
int h248_profile_apply(const struct opt *table, void *conf, const char *name, char why[OPTS_ERROR_MAX]);
