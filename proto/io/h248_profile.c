/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of profiles. Each is a list of flags, and what stands here can be said on the command line as well. */
#include "proto/io/h248_conf.h"

#include <stdio.h>

#include "proto/base/err.h"

/* What we do unasked; also takes back what a file of flags said before. The MTU is not the peer's, but the network's. */
static const char *const as_default[] = {
	"h248-tokens=long", "h248-layout=compact", "h248-case=mixed", "h248-quotes=strings", "h248-empty-signals=bare",
	"h248-streams=named", "h248-response-ack=on", "h248-pending-after=0.1",
	"service-change=default", "service-profile=Iq/1", "service-version=2", "first-version=2", "wildcard-reply=each",
	"service-reply=full", "unknown-properties=refuse", "unknown-events=refuse", NULL,
};

/* Erlang/OTP megaco 4.4.2: the first message goes as version 1, and "Signals{}" is no syntax for it. */
static const char *const as_erlang[] = {
	"h248-profile=default", "first-version=1", "h248-layout=pretty", NULL,
};

static const char *const as_terse[] = {
	"h248-profile=default", "h248-tokens=short", "h248-quotes=needed", "h248-streams=bare", "h248-response-ack=off",
	"wildcard-reply=one", "service-reply=version", NULL,
};

static const char *const as_upper[] = {
	"h248-profile=default", "h248-case=upper", "h248-layout=pretty", NULL,
};

/* By the letter of H.248.1 Annex B.2: "Signals{}" where there are none. */
static const char *const as_annex_b[] = {
	"h248-profile=default", "h248-empty-signals=braces", "h248-layout=pretty", NULL,
};

/* H.248.1 version 1 (RFC 3525), and a ServiceChange without what came to it by profiles. */
static const char *const as_v1[] = {
	"h248-profile=default", "service-version=1", "first-version=1", "service-profile=none", "service-reply=version",
	"service-change=restored:Restart:900 Service Restored", "service-change=failover:Restart:900 Service Restored", NULL,
};

static const struct h248_profile profiles[] = {
	{ "default", "H.248.1 version 2, long keywords, nothing left out", as_default },
	{ "erlang", "what Erlang/OTP's megaco application writes itself", as_erlang },
	{ "terse", "short keywords, and only what is needed", as_terse },
	{ "upper", "keywords in upper case, one item a line", as_upper },
	{ "annex-b", "braces wherever Annex B.2 has them", as_annex_b },
	{ "v1", "version 1 throughout, Restart after every loss", as_v1 },
};

bool
h248_profile_at(unsigned row, struct h248_profile *p)
{
	if (row >= sizeof(profiles) / sizeof(profiles[0]))
		return false;
	*p = profiles[row];
	return true;
}

static const struct h248_profile *
find(const char *name)
{
	for (unsigned i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (span_eqs(span_str(name), profiles[i].name))
			return &profiles[i];
	return NULL;
}

int
h248_profile_apply(const struct opt *table, void *conf, const char *name, char why[OPTS_ERROR_MAX])
{
	const struct h248_profile *p = find(name);

	if (!p) {
		snprintf(why, OPTS_ERROR_MAX, "must be one of %s", H248_PROFILES);
		return ERR_NOTFOUND;
	}
	for (const char *const *f = p->flags; *f; f++) {
		struct span value = span_str(*f), flag = span_cut(&value, '=');
		const struct opt *o = opts_find(table, flag);
		int rc = o ? o->set(conf, value.p, why) : 0;

		if (rc)
			return rc;
	}
	return 0;
}
