/* SPDX-License-Identifier: BSD-2-Clause */
/* A path's URIs lie inside the input, equal themselves, and parse alone as they did in the list. */
#include "proto/codec/msrp_uri.h"

#include "tests/fuzz/fuzz.h"

static void
check_inside(struct span outer, struct span inner)
{
	FUZZ_ASSERT(inner.len == 0 || (inner.p >= outer.p && inner.p + inner.len <= outer.p + outer.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span s = span_of((const char *)p, len);
	struct msrp_path path;
	struct addr a;

	if (msrp_path_parse(s, &path) != 0)
		return 0;
	FUZZ_ASSERT(path.n >= 1 && path.n <= MSRP_PATH_MAX);
	for (size_t i = 0; i < path.n; i++) {
		struct msrp_uri *u = &path.uri[i];
		struct msrp_uri alone;

		FUZZ_ASSERT(u->text.len <= MSRP_URI_MAX && u->host.len > 0 && u->transport.len > 0);
		check_inside(s, u->text);
		check_inside(u->text, u->userinfo);
		check_inside(u->text, u->host);
		check_inside(u->text, u->session);
		check_inside(u->text, u->transport);
		check_inside(u->text, u->params);
		FUZZ_ASSERT(msrp_uri_parse(u->text, &alone) == 0);
		FUZZ_ASSERT(msrp_uri_equal(u, &alone) && msrp_uri_equal(&alone, u));
		if (msrp_uri_addr(u, &a) == 0)
			FUZZ_ASSERT(u->host_is_v6 == (a.family == ADDR_V6));
	}
	return 0;
}
