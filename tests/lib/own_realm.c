/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/own_realm.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <unistd.h>

struct addr
own_realm_addr(unsigned host)
{
	unsigned pid = (unsigned)getpid();
	char text[32];
	struct addr a = { .family = ADDR_NONE };

	(void)snprintf(text, sizeof(text), "127.%u.%u.%u", 1 + pid % 250, pid / 250 % 250, host);
	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(text), &a), 0);
	return a;
}

void
own_realm_add(struct agw_conf *c, const char *name, unsigned host)
{
	const struct addr a = own_realm_addr(host);
	char ip[ADDR_TEXT_MAX], flag[128], why[OPTS_ERROR_MAX];

	addr_ip_text(&a, ip);
	(void)snprintf(flag, sizeof(flag), "%s,address=%s,ports=20000-20063", name, ip);
	CU_ASSERT_EQUAL_FATAL(realm_conf_parse(flag, &c->realms[c->n_realms++], why), 0);
}
