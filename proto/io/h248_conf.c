/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/h248_conf.h"

#include <stdio.h>

#include "proto/base/err.h"

static struct h248_conf *
h248_of(void *conf)
{
	return &((struct h248_head *)conf)->wire;
}

void
h248_conf_init(struct h248_conf *c)
{
	*c = (struct h248_conf){ .pending_ms = H248_PENDING_MS, .mtu = MGCO_MTU };
}

/* Position of value among names ("one|two|three"). */
static int
choose(const char *value, const char *names, unsigned *at, char why[OPTS_ERROR_MAX])
{
	struct span rest = span_str(names);

	for (unsigned i = 0; rest.p; i++)
		if (span_eqs(span_cut(&rest, '|'), value)) {
			*at = i;
			return 0;
		}
	snprintf(why, OPTS_ERROR_MAX, "must be one of %s", names);
	return ERR_INVAL;
}

static int
choose_bool(const char *value, const char *names, bool *v, char why[OPTS_ERROR_MAX])
{
	unsigned at = 0;
	int rc = choose(value, names, &at, why);

	if (!rc)
		*v = at == 1;
	return rc;
}

int
h248_set_tokens(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "long|short", &h248_of(conf)->style.short_tokens, why);
}

int
h248_set_layout(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "compact|pretty", &h248_of(conf)->style.pretty, why);
}

int
h248_set_case(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	unsigned at = 0;
	int rc = choose(value, "mixed|upper|lower", &at, why);

	if (!rc)
		h248_of(conf)->style.token_case = (enum mgco_case)at;
	return rc;
}

int
h248_set_quotes(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "strings|needed", &h248_of(conf)->style.few_quotes, why);
}

int
h248_set_signals(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "bare|braces", &h248_of(conf)->style.signals_braces, why);
}

int
h248_set_streams(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "named|bare", &h248_of(conf)->style.bare_stream, why);
}

int
h248_set_acks(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return choose_bool(value, "on|off", &h248_of(conf)->no_acks, why);
}

int
h248_set_pending(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_seconds(value, 10, 60000, &h248_of(conf)->pending_ms, why);
}

int
h248_set_mtu(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, H248_MTU_MIN, H248_MTU_MAX, &h248_of(conf)->mtu, why);
}
