/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw_conf_tls.h"

#include <stdio.h>

#include "agw/agw_conf.h"
#include "proto/base/err.h"

int
agw_set_tls_min(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct agw_conf *c = conf;

	if (!span_eqs(span_str(value), "1.2") && !span_eqs(span_str(value), "1.3")) {
		(void)snprintf(why, OPTS_ERROR_MAX, "wants 1.2 or 1.3");
		return ERR_INVAL;
	}
	c->tls_min = span_eqs(span_str(value), "1.2") ? 12 : 13;
	return 0;
}

int
agw_set_allow_sha1(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct agw_conf *c = conf;

	(void)value;
	(void)why;
	c->allow_sha1 = true;
	return 0;
}

int
agw_set_ktls(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct agw_conf *c = conf;
	bool on = span_eqs(span_str(value), "on");

	if (!on && !span_eqs(span_str(value), "off")) {
		(void)snprintf(why, OPTS_ERROR_MAX, "wants on or off");
		return ERR_INVAL;
	}
	c->ktls = on;
	return 0;
}
