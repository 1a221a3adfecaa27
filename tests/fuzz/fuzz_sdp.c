/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of an index are the text, whole and in order; media sections partition what follows the session part;
 * no reader leaves the text. */
#include "proto/codec/sdp.h"
#include "tests/fuzz/fuzz.h"

static void
check_inside(const struct sdp *s, struct span v)
{
	FUZZ_ASSERT(v.len == 0 || (v.p >= s->text.p && v.p + v.len <= s->text.p + s->text.len));
}

static void
check_lines(const struct sdp *s)
{
	const char *at = s->text.p;
	uint32_t line = s->n_session_lines;

	for (uint32_t i = 0; i < s->n_lines; i++) {
		FUZZ_ASSERT(s->lines[i].raw.p == at && s->lines[i].raw.len > 0);
		check_inside(s, s->lines[i].value);
		FUZZ_ASSERT(span_find(s->lines[i].value, '\n') < 0);
		at += s->lines[i].raw.len;
	}
	FUZZ_ASSERT(at == s->text.p + s->text.len);
	for (uint32_t i = 0; i < s->n_media; i++) {
		FUZZ_ASSERT(s->media[i].line == line && s->lines[line].type == 'm');
		line += s->media[i].n_lines;
	}
	FUZZ_ASSERT(line == s->n_lines);
}

static void
read_all(const struct sdp *s, const struct sdp_media *m)
{
	struct fpr_set set = { 0 };
	struct span v = SPAN_NULL;
	struct addr a = { 0 };

	sdp_conn(s, m, &a, &v);
	check_inside(s, v);
	if (sdp_attr(s, m, "path", &v))
		check_inside(s, v);
	FUZZ_ASSERT(sdp_setup(s, m) <= SDP_SETUP_BAD);
	FUZZ_ASSERT(sdp_setup_name(sdp_setup(s, m)) != NULL);
	if (sdp_fingerprints(s, m, &set) == 0)
		FUZZ_ASSERT(set.n + set.unknown <= SDP_FINGERPRINTS_MAX);
	FUZZ_ASSERT(sdp_3ge2ae(s, m) <= SDP_E2AE_OTHER && sdp_direction(s, m) <= SDP_INACTIVE);
	if (m && sdp_is_msrp(m))
		FUZZ_ASSERT(!m->is_broken && m->fmt.len > 0);
	FUZZ_ASSERT(!m || !sdp_is_msrp_tls(m) || sdp_is_msrp(m));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena arena;
	struct sdp s;

	arena_init(&arena, 1 << 20);
	if (sdp_parse(&arena, span_of((const char *)p, len), &s) == 0) {
		check_lines(&s);
		read_all(&s, NULL);
		for (uint32_t i = 0; i < s.n_media; i++)
			read_all(&s, &s.media[i]);
	}
	arena_fini(&arena);
	return 0;
}
