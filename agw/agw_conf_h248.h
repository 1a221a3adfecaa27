/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of ims-agw for its controllers, and what they want to hear by H.248, for its table. */
#pragma once

#include "proto/io/opts.h"

int agw_set_mgc(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_h248_profile(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_service_change(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_service_profile(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_service_version(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_first_version(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_unknown_properties(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_unknown_events(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_wildcard_reply(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
