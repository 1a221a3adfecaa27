/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's letter box: small fixed-size values in, one callback each in the owner's loop. */
#pragma once

#include <stddef.h>

#include "proto/io/loop.h"

struct inbox;

/* letter is valid during the call only. */
typedef void (*inbox_fn)(void *arg, void *letter);

/* letter_bytes: size of every letter; fn runs in l's thread, in order of posting. NULL: out of memory. */
struct inbox *inbox_new(struct loop *l, size_t letter_bytes, inbox_fn fn, void *arg);
/* Undelivered letters are given to drop (may be NULL) so that descriptors inside can be closed. */
void inbox_free(struct inbox *b, inbox_fn drop);
/* Copies the letter in and wakes the owner; from any thread. ERR_NOMEM or, beyond INBOX_MAX letters or what was set, ERR_LIMIT. */
int inbox_post(struct inbox *b, const void *letter);
/* The same without the wake, for several letters in a row; inbox_knock() must follow, from the same thread. */
int inbox_put(struct inbox *b, const void *letter);
/* Wakes the owner if there are letters that it was not woken for. */
void inbox_knock(struct inbox *b);
enum { INBOX_MAX = 1 << 20 };
/* How many letters may wait from now on; those that do stay. */
void inbox_set_max(struct inbox *b, size_t max);
/* The owner, from fn too: no letter is delivered any more (the one under way was), while posting goes on. */
void inbox_pause(struct inbox *b);
void inbox_resume(struct inbox *b);
