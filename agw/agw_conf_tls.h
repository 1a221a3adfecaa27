/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of ims-agw about TLS, for its table. */
#pragma once

#include "proto/io/opts.h"

int agw_set_tls_min(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_allow_sha1(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int agw_set_ktls(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
