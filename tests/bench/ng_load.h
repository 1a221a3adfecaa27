/* SPDX-License-Identifier: BSD-2-Clause */
/* A load generator for what speaks NG: plays the P-CSCF of many calls at a time, each an offer, its answer and a delete,
 * and measures the processes behind meanwhile. For loopback; bounded in count and time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/addr.h"
#include "proto/base/span.h"

enum {
	NG_WINDOW_MAX = 4096,    /* calls at a time */
	NG_CALLS_MAX = 1000000,
	NG_PIDS_MAX = 8,
	NG_MESSAGE_BYTES = 4096, /* room for a request of ours */
	NG_RETRY_MS = 500,       /* without a reply, as Kamailio asks again */
	NG_TRIES_MAX = 5,
};

enum ng_step { NG_OFFER, NG_ANSWER, NG_DELETE, NG_STEPS };

struct ng_load_conf {
	struct addr target;
	bool audio;         /* an RTP call instead of a terminating MSRP call with e2ae */
	uint32_t window;    /* calls at a time, at most */
	uint32_t rate;      /* calls begun in a second; 0: as many as the window lets */
	uint32_t calls;     /* to measure */
	uint32_t warm;      /* before them */
	uint32_t limit_s;   /* gives up after */
	bool shows;         /* one call only, its replies on standard output */
	int pids[NG_PIDS_MAX];
	uint32_t n_pids;
};

/* ng_load.c: the whole run; an exit status. Prints one line of JSON. */
int ng_load_run(const struct ng_load_conf *conf);

/* ng_load_text.c: the request for a step of call number `call`, with its cookie, into buf of NG_MESSAGE_BYTES; its
 * length. The cookie is "slot_serial". */
size_t ng_load_print(char *buf, bool audio, enum ng_step step, uint32_t call, uint32_t slot, uint32_t serial);
/* The slot and serial of a reply; false when it is none, *ok when its result is ok. */
bool ng_load_read(struct span reply, uint32_t *slot, uint32_t *serial, bool *ok);
