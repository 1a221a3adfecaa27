/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that we start and whose end the loop hears of (by a pidfd: no signal handler, no other child's business). */
#pragma once

#include "proto/io/loop.h"

struct child;

/* err 0: it exited with this status. ERR_TIMEOUT: it was killed. ERR_IO: it ended by another signal. */
typedef void (*child_done_fn)(void *arg, int err, int status);

/* Starts path with no arguments, in a process group of its own; env (ends with NULL, "NAME=value", copied by the kernel)
 * is its whole environment. Standard input is empty, the output is ours. done is called once, never before the return.
 * Within timeout_ms or it is killed with all that it started. NULL with a negative *err. */
struct child *child_new(struct loop *l, const char *path, char *const env[], unsigned timeout_ms, child_done_fn done,
                        void *arg, int *err);
/* Kills it if it still runs; legal in done and with NULL. It must be called after done, too. */
void child_free(struct child *c);
