/* SPDX-License-Identifier: BSD-2-Clause */
/* What workers and timers report, as Notify requests for the events that the controller armed. */
#pragma once

#include "agw/ctx.h"
#include "agw/mg_reg.h"
#include "proto/base/log.h"
#include "proto/codec/iq_names.h"

struct mg_notify {
	struct loop *loop;
	struct ctxs *ctxs;
	const struct iq_names *names;
	struct mg_reg *reg;
	struct log_limit limit, refused_log;
	struct loop_timer ito; /* the controller's silence, it/ito */
	uint32_t ito_ms, root_id;
	bool has_arc; /* ipra/arc is armed */
	uint64_t sent, failed, heartbeats;
};

/* All pointers are borrowed. */
void mg_notify_init(struct mg_notify *n, struct loop *loop, struct ctxs *ctxs, const struct iq_names *names,
                    struct mg_reg *reg);
void mg_notify_fini(struct mg_notify *n);
/* ROOT's events, under this request id: it/ito whenever the controller was silent for ms (0: never; a controller that
 * does not answer that is lost, as with any request), and ipra/arc. */
void mg_notify_watch(struct mg_notify *n, uint32_t id, uint32_t ms, bool has_arc);
/* The realm is available, or is not any more: ipra/arc. */
void mg_notify_realm(struct mg_notify *n, const char *realm, bool is_available);

/* A stream's leg failed, or was idle. A failure is told once, by the most specific armed event with g/cause as
 * the fallback; while there is no controller it waits for the next registration. */
void mg_notify_on_event(struct mg_notify *n, struct term *t, struct term_stream *s, const struct event *ev);
/* A request was answered: tells which signals it has ended. */
void mg_notify_on_answered(struct mg_notify *n);
/* The termination's heartbeat timer (hangterm/thb): tells if no command named the termination for so long. */
void mg_notify_on_thb(struct mg_notify *n, struct term *t);
/* We are registered (again): tells what could not be told. */
void mg_notify_again(struct mg_notify *n);
/* "tls-alert-42", "fp-mismatch". buf holds REASON_TEXT_MAX bytes; returns buf. */
enum { REASON_TEXT_MAX = 32 };
const char *mg_reason_text(enum reason r, uint8_t alert, char *buf);
