/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/err.h"

#include <errno.h>

const char *
err_str(int code)
{
	switch (code) {
	case ERR_OK:
		return "ok";
#define ERR(name, value, text) \
	case ERR_##name:       \
		return text;
#include "proto/base/err.def"
#undef ERR
	default:
		return "unknown error";
	}
}

int
err_from_errno(int errnum)
{
	switch (errnum) {
	case 0:
		return ERR_OK;
	case ENOMEM:
	case ENOBUFS:
		return ERR_NOMEM;
	case EINVAL:
		return ERR_INVAL;
	case ENOENT:
		return ERR_NOTFOUND;
	case EEXIST:
	case EADDRINUSE:
		return ERR_EXISTS;
	case EMFILE:
	case ENFILE:
		return ERR_LIMIT;
	case EAGAIN:
	case EINPROGRESS:
		return ERR_AGAIN;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case ECONNREFUSED:
		return ERR_REFUSED;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return ERR_CLOSED;
	case EPERM:
	case EACCES:
		return ERR_PERM;
	case EMSGSIZE:
		return ERR_TOOBIG;
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return ERR_UNSUPPORTED;
	default:
		return ERR_IO;
	}
}
