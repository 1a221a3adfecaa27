/* SPDX-License-Identifier: BSD-2-Clause */
/* One CUnit suite a program: list the cases, tmain.c does the rest. Names are sentences. */
#pragma once

#include <CUnit/CUnit.h>

struct test_case {
	const char *name;
	void (*fn)(void);
};

/* Each test program defines these two; the list ends with a zero row. */
extern const char test_suite[];
extern const struct test_case test_cases[];

#define TEST(fn) { #fn, fn }
