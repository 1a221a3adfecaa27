/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the mg_notify*.c files. */
#pragma once

#include "agw/mg_notify.h"
#include "agw/term_apply.h"

enum { NOTIFY_ARENA = 8192 };

/* Sends what happened at t (NULL: ROOT) under the request id of its Events. stream: whose failure is told (0: none). What
 * ERR_CLOSED refuses, for want of a controller, is the caller's to tell again. */
int mg_notify_send(struct mg_notify *n, struct arena *a, const struct term *t, const struct mgco_event *what,
                   uint16_t stream);
/* NULL out of memory, which mg_notify_add() and mg_notify_send() take. */
struct mgco_event *mg_notify_new(struct mg_notify *n, struct arena *a, enum iq_name name);
void mg_notify_add(struct mg_notify *n, struct arena *a, struct mgco_event *e, enum iq_name name, struct span value,
                   bool quoted);
/* mg_notify_end.c: signals of the stream that have ended and shall be told, by g/sc if it is armed. */
void mg_notify_tell_ends(struct mg_notify *n, struct term *t, struct term_stream *s);
