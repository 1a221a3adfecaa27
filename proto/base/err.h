/* SPDX-License-Identifier: BSD-2-Clause */
/* One error vocabulary for all modules: 0 is success, everything else is negative. */
#pragma once

enum err {
	ERR_OK = 0,
#define ERR(name, value, text) ERR_##name = (value),
#include "proto/base/err.def"
#undef ERR
};

/* English text of an error code, never NULL; unknown codes give "unknown error". Static storage. */
const char *err_str(int code);

/* Maps an errno value (positive) to the nearest code above, ERR_IO when none fits. */
int err_from_errno(int errnum);

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
