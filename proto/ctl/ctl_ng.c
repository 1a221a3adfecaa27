/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_ng.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/codec/ngmsg.h"
#include "proto/ctl/ctl_exchange.h"
#include "proto/ctl/ctl_print.h"

enum { NEEDS_SDP = 1, NEEDS_CALL = 2, NEEDS_FROM = 4, NEEDS_TO = 8, MAKES_CALL = 16, PRINTS_ALL = 32 };

static const struct command {
	const char *name;
	unsigned needs;
} commands[] = {
	{ "ping", 0 },
	{ "list", 0 },
	{ "statistics", 0 },
	{ "query", NEEDS_CALL },
	{ "delete", NEEDS_CALL },
	{ "offer", NEEDS_SDP | MAKES_CALL },
	{ "explain", NEEDS_SDP | PRINTS_ALL },
	{ "answer", NEEDS_SDP | NEEDS_CALL | NEEDS_FROM | NEEDS_TO },
};

static const struct command *
find_command(struct span word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_eqs(word, commands[i].name))
			return &commands[i];
	return NULL;
}

bool
ctl_ng_is_command(struct span word)
{
	return find_command(word) != NULL;
}

/* ---- the request ---- */

static bool
has_what_it_needs(struct ctl_conf *c, const struct command *cmd)
{
	const char *missing = NULL;

	if (cmd->needs & MAKES_CALL && !c->call_id.len) {
		c->call_id = arena_printf(&c->arena, "ims-ctl-%ld-%ld", (long)time(NULL), (long)getpid());
		fprintf(stderr, "ims-ctl: this call is --call-id=%.*s\n", SPAN_FMT(c->call_id));
	}
	if (cmd->needs & MAKES_CALL && !c->from_tag.len)
		c->from_tag = span_str("ims-ctl");
	if (cmd->needs & NEEDS_CALL && !c->call_id.len)
		missing = "call-id";
	else if (cmd->needs & NEEDS_FROM && !c->from_tag.len)
		missing = "from-tag";
	else if (cmd->needs & NEEDS_TO && !c->to_tag.len)
		missing = "to-tag";
	if (missing)
		fprintf(stderr, "ims-ctl: %s needs --%s\n", cmd->name, missing);
	else if (c->answer_path && !(cmd->needs & PRINTS_ALL))
		fprintf(stderr, "ims-ctl: --answer is for explain\n");
	else
		return true;
	return false;
}

static bool
read_sdp(struct ctl_conf *c, const char *path, struct span *sdp)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	char *buf = arena_alloc(&c->arena, SDP_BYTES_MAX + 1);
	size_t n = f && buf ? fread(buf, 1, SDP_BYTES_MAX + 1, f) : 0;
	const char *why = NULL;

	if (!f || ferror(f))
		why = strerror(errno);
	else if (!buf)
		why = err_str(ERR_NOMEM);
	else if (n > SDP_BYTES_MAX)
		why = err_str(ERR_TOOBIG);
	if (f && !is_stdin)
		fclose(f);
	if (why)
		fprintf(stderr, "ims-ctl: SDP of %s: %s\n", is_stdin ? "standard input" : path, why);
	*sdp = span_of(buf, n);
	return !why;
}

static void
add_if_given(struct ctl_conf *c, struct ng_val *dict, const char *key, struct span s)
{
	if (s.len)
		ng_add_str(&c->arena, dict, key, s);
}

/* key=value becomes a string, direction=x one of the list, a bare word a flag: as a proxy's module does it. */
static void
add_words(struct ctl_conf *c, struct ng_val *dict)
{
	struct ng_val *flags = NULL, *direction = NULL;

	for (int i = 0; i < 2; i++) {
		if (!c->direction[i].len)
			continue;
		if (!direction)
			direction = ng_add_list(&c->arena, dict, "direction");
		ng_add_str(&c->arena, direction, NULL, c->direction[i]);
	}
	for (unsigned i = 1; i < c->n_words; i++) {
		struct span value = c->words[i], key = span_cut(&value, '=');

		if (!value.p) {
			if (!flags)
				flags = ng_add_list(&c->arena, dict, "flags");
			ng_add_str(&c->arena, flags, NULL, key);
		} else if (span_eqs(key, "direction")) {
			if (!direction)
				direction = ng_add_list(&c->arena, dict, "direction");
			ng_add_str(&c->arena, direction, NULL, value);
		} else {
			const char *name = arena_span(&c->arena, key).p; /* terminated */

			if (name)
				ng_add_str(&c->arena, dict, name, value);
		}
	}
}

static struct ng_val *
build(struct ctl_conf *c, const struct command *cmd, struct span sdp, struct span answer)
{
	struct ng_val *dict = ng_new_dict(&c->arena);

	ng_add_str(&c->arena, dict, "command", span_str(cmd->name));
	add_if_given(c, dict, "call-id", c->call_id);
	add_if_given(c, dict, "from-tag", c->from_tag);
	add_if_given(c, dict, "to-tag", c->to_tag);
	add_if_given(c, dict, "sdp", sdp);
	add_if_given(c, dict, "answer", answer);
	add_words(c, dict);
	return dict;
}

/* ---- the reply ---- */

static enum ctl_exit
report(const struct ctl_conf *c, const struct command *cmd, const struct ng_val *reply)
{
	struct span result = ng_get_str(reply, "result"), sdp = ng_get_str(reply, "sdp");
	struct span warning = ng_get_str(reply, "warning"), why = ng_get_str(reply, "error-reason");
	bool is_ok = span_eqs(result, "ok") || span_eqs(result, "pong");

	if (c->is_json)
		ctl_print_ng_json(stdout, reply);
	else if (is_ok && cmd->needs & NEEDS_SDP && !(cmd->needs & PRINTS_ALL) && sdp.len)
		fwrite(sdp.p, 1, sdp.len, stdout);
	else if (is_ok)
		ctl_print_ng_text(stdout, reply);
	if (warning.len)
		fprintf(stderr, "ims-ctl: warning: %.*s\n", SPAN_FMT(warning));
	if (!is_ok && !result.len)
		fprintf(stderr, "ims-ctl: the answer has no result\n");
	else if (!is_ok)
		fprintf(stderr, "ims-ctl: %.*s%s%.*s\n", SPAN_FMT(result), why.len ? ": " : "", SPAN_FMT(why));
	return is_ok ? CTL_OK : CTL_ERROR;
}

enum ctl_exit
ctl_ng_run(struct ctl_conf *c)
{
	const struct command *cmd = find_command(c->words[0]);
	struct span sdp = SPAN_NULL, answer = SPAN_NULL;
	struct ng_msg reply;
	struct ng_val *dict;
	struct arena arena;
	enum ctl_exit status;

	if (!has_what_it_needs(c, cmd))
		return CTL_USAGE;
	if (cmd->needs & NEEDS_SDP && !read_sdp(c, c->sdp_path, &sdp))
		return CTL_USAGE;
	if (c->answer_path && !read_sdp(c, c->answer_path, &answer))
		return CTL_USAGE;
	dict = build(c, cmd, sdp, answer);
	arena_init(&arena, 2 * NG_ARENA_MAX);
	status = ctl_exchange(c, dict, &arena, &reply);
	if (status == CTL_OK)
		status = report(c, cmd, reply.dict);
	arena_fini(&arena);
	return status;
}
