/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_service_conf.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/err.h"

/* H.248.1 11.5 and annex F.3 */
static const struct {
	const char *event, *method, *reason;
} defaults[MG_SERVICE_EVENTS] = {
	[MG_SAYS_FIRST] = { "first", "Restart", "901 Cold Boot" },
	[MG_SAYS_STATE_LOST] = { "state-lost", "Restart", "902 Warm Boot" },
	[MG_SAYS_RESTORED] = { "restored", "Disconnected", "900 Service Restored" },
	[MG_SAYS_FAILOVER] = { "failover", "Failover", "909 MGC Impending Failure" },
	[MG_SAYS_HANDOFF] = { "handoff", "HandOff", "903 MGC Directed Change" },
	[MG_SAYS_DRAIN] = { "drain", "Graceful", "905 Termination Taken Out Of Service" },
	[MG_SAYS_STOP] = { "stop", "Forced", "905 Termination Taken Out Of Service" },
};

static void
say_defaults(struct mg_service_conf *c)
{
	for (unsigned i = 0; i < MG_SERVICE_EVENTS; i++) {
		(void)span_copy(span_str(defaults[i].method), c->say[i].method, sizeof(c->say[i].method));
		(void)span_copy(span_str(defaults[i].reason), c->say[i].reason, sizeof(c->say[i].reason));
	}
}

void
mg_service_conf_init(struct mg_service_conf *c)
{
	*c = (struct mg_service_conf){ .version = 2, .first_version = 2 };
	say_defaults(c);
	(void)mg_service_conf_profile(c, SPAN_LIT("Iq/1"));
}

/* Those of the grammar, in its spelling; the parser of the other end knows no others but X-. */
static const char *
find_method(struct span text)
{
	static const char *const methods[] = { "Restart", "Forced", "Graceful", "Disconnected", "HandOff", "Failover" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_caseeqs(text, methods[i]))
			return methods[i];
	return NULL;
}

/* "900 Service Restored": a code of three digits; the text is optional, and has no quotes. */
static bool
is_reason(struct span text)
{
	if (text.len < 3 || text.len >= MG_REASON_MAX || (text.len > 3 && text.p[3] != ' '))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (i < 3 ? !isdigit((unsigned char)text.p[i]) : !isprint((unsigned char)text.p[i]) || text.p[i] == '"')
			return false;
	return true;
}

int
mg_service_conf_say(struct mg_service_conf *c, struct span text)
{
	struct span reason = text, event = span_cut(&reason, ':'), method = span_cut(&reason, ':');
	const char *name = find_method(method);

	if (span_eqs(text, "default")) {
		say_defaults(c);
		return 0;
	}
	if (!name || !reason.p || !is_reason(reason))
		return ERR_SYNTAX;
	for (unsigned i = 0; i < MG_SERVICE_EVENTS; i++) {
		if (!span_eqs(event, defaults[i].event))
			continue;
		(void)span_copy(span_str(name), c->say[i].method, sizeof(c->say[i].method));
		return span_copy(reason, c->say[i].reason, sizeof(c->say[i].reason));
	}
	return ERR_SYNTAX;
}

int
mg_service_conf_profile(struct mg_service_conf *c, struct span text)
{
	struct span version = text, name = span_cut(&version, '/');
	uint32_t n;

	if (span_eqs(text, "none")) {
		c->profile[0] = '\0';
		return 0;
	}
	if (!name.len || name.len > MGCO_NAME_MAX || !isalpha((unsigned char)name.p[0]) || !version.p ||
	    span_u32(version, 99, &n) != 0 || n == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return ERR_SYNTAX;
	return span_copy(text, c->profile, sizeof(c->profile));
}
