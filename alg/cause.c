/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/cause.h"

static const char *const texts[CAUSES] = {
#define REASON(sym, text) [CAUSE_##sym] = text,
#include "proto/base/reason.def"
#undef REASON
#define CAUSE(sym, text) [CAUSE_##sym] = text,
#include "alg/cause.def"
#undef CAUSE
};

const char *
cause_text(enum cause c)
{
	return c < CAUSES ? texts[c] : texts[CAUSE_OTHER];
}

/* "tls-alert-42" */
static bool
is_alert(struct span s)
{
	const char *kind = texts[CAUSE_TLS_ALERT];
	uint32_t number;

	return span_has_prefix(s, kind) && s.len > strlen(kind) + 1 && s.p[strlen(kind)] == '-' &&
	       span_u32(span_of(s.p + strlen(kind) + 1, s.len - strlen(kind) - 1), 255, &number) == 0;
}

enum cause
cause_of_reason(struct span reason)
{
	for (unsigned i = CAUSE_NONE + 1; i < CAUSES; i++)
		if (span_eqs(reason, texts[i]))
			return (enum cause)i;
	return is_alert(reason) ? CAUSE_TLS_ALERT : CAUSE_OTHER;
}

enum cause
cause_of_error(const char *error)
{
	static const struct {
		const char *sentence;
		enum cause cause;
	} sentences[] = {
		{ "Unknown call-id", CAUSE_UNKNOWN_CALL },
		{ "No direction in message", CAUSE_BAD_REQUEST },
		{ "Failed to parse SDP", CAUSE_BAD_SDP },
	};
	struct span rest = span_str(error), word = span_cut(&rest, ':');

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(error, sentences[i].sentence) == 0)
			return sentences[i].cause;
	return cause_of_reason(word);
}
