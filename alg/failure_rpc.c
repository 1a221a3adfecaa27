/* SPDX-License-Identifier: BSD-2-Clause */
/* The pure half of failure.h: flags, and JSON-RPC 2.0 as Kamailio's jsonrpcs module takes it. */
#include "alg/failure.h"

#include "proto/base/bounds.h"
#include "proto/codec/json_out.h"
#include "proto/codec/ng_codec.h"

static int
parse_url(struct span url, struct failure_target *t, const char **why)
{
	static const char scheme[] = "http://";
	ptrdiff_t slash;

	*why = "needs http://HOST:PORT/PATH with a numeric host";
	if (!span_has_prefix(url, scheme))
		return ERR_INVAL;
	url = span_of(url.p + sizeof(scheme) - 1, url.len - (sizeof(scheme) - 1));
	slash = span_find(url, '/');
	if (slash < 0)
		return ERR_INVAL;
	if (addr_parse_hostport(span_of(url.p, (size_t)slash), &t->addr) || !t->addr.port)
		return ERR_INVAL;
	url = span_of(url.p + slash, url.len - (size_t)slash);
	for (size_t i = 0; i < url.len; i++)
		if (url.p[i] <= ' ' || url.p[i] == 0x7f)
			return ERR_INVAL;
	if (span_copy(url, t->path, sizeof(t->path)))
		return ERR_INVAL;
	*why = NULL;
	return 0;
}

int
failure_parse_target(struct span value, struct failure_target *t, const char **why)
{
	struct failure_target got = { 0 };
	int rc = 0;

	*why = NULL;
	if (span_eqs(value, "log")) {
		got.way = FAILURE_LOG;
	} else if (span_has_prefix(value, "exec:/")) {
		got.way = FAILURE_EXEC;
		if ((rc = span_copy(span_of(value.p + 5, value.len - 5), got.path, sizeof(got.path))))
			*why = "has too long a path";
	} else if (span_has_prefix(value, "jsonrpc:")) {
		got.way = FAILURE_RPC;
		rc = parse_url(span_of(value.p + 8, value.len - 8), &got, why);
	} else {
		*why = "must be log, exec:/PROGRAM or jsonrpc:http://HOST:PORT/PATH";
	}
	if (*why)
		return ERR_INVAL;
	*t = got;
	return rc;
}

static void
print_filled(struct out *o, const char *text)
{
	out_json_string(o, span_str(text));
}

static void
print_param(struct out *o, struct span word, const struct failure *what)
{
	if (span_eqs(word, "{call-id}"))
		print_filled(o, what->call_id);
	else if (span_eqs(word, "{from-tag}"))
		print_filled(o, what->from_tag);
	else if (span_eqs(word, "{to-tag}"))
		print_filled(o, what->to_tag);
	else if (span_eqs(word, "{reason}"))
		print_filled(o, what->reason);
	else if (span_eqs(word, "{line}"))
		out_u64(o, what->line);
	else
		out_json_string(o, word);
}

void
failure_print_rpc(struct out *o, const char *rpc, const struct failure *what, uint32_t id)
{
	struct span rest = span_str(rpc), word = span_word(&rest);
	unsigned n = 0;

	out_str(o, "{\"jsonrpc\":\"2.0\",\"method\":");
	out_json_string(o, word);
	out_str(o, ",\"params\":[");
	while ((word = span_word(&rest)).len) {
		if (n++)
			out_char(o, ',');
		print_param(o, word, what);
	}
	out_printf(o, "],\"id\":%u}", id);
}

int
failure_parse_rpc(struct span body, struct out *o)
{
	struct ng_val *dict = NULL;
	const struct ng_val *error;
	struct arena a;
	int rc = ERR_SYNTAX;

	arena_init(&a, NG_ARENA_MAX);
	if (!ng_json_parse(&a, span_trim(body), &dict) && dict) {
		error = ng_get(dict, "error");
		if (!error || (error->kind == NG_STRING && !error->str.len)) {
			rc = ng_get(dict, "result") || ng_get(dict, "id") ? 0 : ERR_SYNTAX;
		} else {
			rc = ERR_REFUSED;
			out_span(o, error->kind == NG_DICT ? ng_get_str(error, "message") : error->str);
		}
	}
	arena_fini(&a);
	return rc;
}
