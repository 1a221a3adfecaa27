/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests: what is found lies inside the input, does not change with what follows, and needs every octet before it.
 * Replies: the body lies inside the input. */
#include "proto/codec/http.h"

#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"

static void
check_inside(struct span all, struct span part)
{
	if (part.len)
		FUZZ_ASSERT(part.p >= all.p && part.p + part.len <= all.p + all.len);
}

static void
check_request(struct span text)
{
	struct http_request r, again;
	int err = http_parse_request(text, &r), before = ERR_MORE;
	size_t n = 0;

	FUZZ_ASSERT(err == 0 || err == ERR_MORE || err == ERR_SYNTAX);
	/* The first piece that decides is the end of the matter, however it comes in pieces. */
	while (n < text.len && n < HTTP_REQUEST_MAX && before == ERR_MORE)
		before = http_parse_request(span_of(text.p, ++n), &again);
	if (err == ERR_MORE)
		FUZZ_ASSERT(before == ERR_MORE);
	else if (n < HTTP_REQUEST_MAX)
		FUZZ_ASSERT(before == err);
	if (err == 0) {
		check_inside(text, r.method);
		if (!span_eqs(r.path, "/")) /* which may have been left out */
			check_inside(text, r.path);
		FUZZ_ASSERT(r.method.len > 0);
		for (size_t i = 0; i < r.path.len; i++)
			FUZZ_ASSERT(r.path.p[i] > ' ' && r.path.p[i] <= '~');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span text = span_of((const char *)p, len);
	struct http_reply reply;

	check_request(text);
	for (int closed = 0; closed < 2; closed++)
		if (http_parse_reply(text, closed, &reply) == 0) {
			check_inside(text, reply.body);
			FUZZ_ASSERT(reply.status >= 100 && reply.status <= 999);
		}
	return 0;
}
