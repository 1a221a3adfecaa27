/* SPDX-License-Identifier: BSD-2-Clause */
/* What the man pages say, for tests that hold them against the tables of the programs. */
#pragma once

#include <stdbool.h>

#include "proto/base/span.h"

/* The source of man/NAME; the test ends when it cannot be read. A NUL stands behind it. Until the next call. */
struct span man_page(const char *name);
/* Its section ".Sh HEAD", which must be there and not be the last. Until the next call of either. */
struct span man_section(const char *name, const char *head);
/* Does the list of literals (".It Li") of a section have this one, with at least one line of text below? */
bool man_tells(struct span section, struct span literal);
/* How many literals it lists. */
unsigned man_count(struct span section);
