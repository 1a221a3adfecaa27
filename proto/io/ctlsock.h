/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's socket: one line in, one JSON document and a newline out, over AF_UNIX. */
#pragma once

#include "proto/base/out.h"
#include "proto/codec/json_out.h" /* for the commands */
#include "proto/io/loop.h"

struct ctlsock;

struct ctl_command {
	const char *name; /* "show contexts" */
	const char *text; /* one line for "help" */
	/* Writes a JSON document; args is the rest of the line. Returns 0 or an enum err, which is answered as
	 * {"error": "..."} (whatever was written is then discarded). */
	int (*run)(void *arg, struct span args, struct out *json);
};

/* Listens at path (owned by us: unlinked at free). commands end with a zero row and are borrowed; the longest name
 * that matches runs. "help" is built in. At most CTL_CLIENTS_MAX clients; NULL with a log line on failure. */
struct ctlsock *ctlsock_new(struct loop *l, const char *path, const struct ctl_command *commands, void *arg);
void ctlsock_free(struct ctlsock *s);
enum {
	CTL_CLIENTS_MAX = 16,
	CTL_LINE_MAX = 1024,
	CTL_REPLY_MAX = 16 * 1024 * 1024,
	CTL_IDLE_MS = 60000, /* a client that neither asks nor reads is closed */
};
