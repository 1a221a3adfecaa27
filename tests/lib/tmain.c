/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/tmain.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/own_net.h"

int
main(void)
{
	unsigned failed;
	CU_pSuite suite;

	setvbuf(stdout, NULL, _IOLBF, 0);
	own_net_try();
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 99;
	suite = CU_add_suite(test_suite, NULL, NULL);
	for (const struct test_case *t = test_cases; t->name; t++)
		if (!suite || !CU_add_test(suite, t->name, t->fn))
			return 99;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
