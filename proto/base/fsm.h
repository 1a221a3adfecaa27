/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a described state machine: a table of rows, one writer of the state, no nesting. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsm;
typedef void (*fsm_act)(void *obj);

struct fsm_row {
	uint8_t from, on, to;
	fsm_act act; /* NULL: only the state changes. Runs after the state was set. */
};

struct fsm_desc {
	const char *name;
	const struct fsm_row *rows; /* at most one row per (from, on) */
	size_t n_rows;
	const char *const *states; /* names, n_states of them */
	const char *const *events; /* names, n_events of them */
	uint8_t n_states, n_events;
	/* Pairs (from, on) that are expected and mean nothing; all others without a row are counted. */
	const uint8_t (*ignored)[2];
	size_t n_ignored;
};

enum { FSM_QUEUE = 8 };

struct fsm {
	const struct fsm_desc *desc;
	void *obj;
	uint32_t id;         /* for the log line only */
	uint8_t state;
	uint8_t queue[FSM_QUEUE]; /* events raised by actions, run after the current one */
	uint8_t queued;
	bool running;
	uint32_t unexpected; /* events without a row and not ignored */
};

void fsm_init(struct fsm *f, const struct fsm_desc *desc, void *obj, uint32_t id, uint8_t state);
/* Handles ev now, or after the running action when called from one. ERR_BADSTATE when there is no row (the
 * state is then unchanged), 0 for ignored pairs. The object must not be freed by an action. */
int fsm_fire(struct fsm *f, uint8_t ev);
/* The row for a pair, or NULL. */
const struct fsm_row *fsm_row(const struct fsm_desc *d, uint8_t from, uint8_t on);
bool fsm_is_ignored(const struct fsm_desc *d, uint8_t from, uint8_t on);
/* Name of the present state. */
const char *fsm_state_name(const struct fsm *f);
