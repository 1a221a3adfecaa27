/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_conf.h"

#include <stdio.h>

#include "proto/base/err.h"

#define DEFAULT_NG "udp:127.0.0.1:2223"
#define DEFAULT_ALG "/run/ims-e2ae/alg.sock"
#define DEFAULT_AGW "/run/ims-e2ae/agw.sock"

enum { TEXT_MAX = 1024 * 1024, TIMEOUT_MS = 1000, TRIES = 5 };

/* Values of a file of flags are gone after the call, so everything is copied. */
static int
keep(struct ctl_conf *c, const char *value, struct span *to, char why[OPTS_ERROR_MAX])
{
	struct span s = arena_span(&c->arena, span_str(value));

	if (!s.p) {
		snprintf(why, OPTS_ERROR_MAX, "too long");
		return ERR_TOOBIG;
	}
	*to = s;
	return 0;
}

static int
keep_path(struct ctl_conf *c, const char *value, const char **to, char why[OPTS_ERROR_MAX])
{
	struct span s;
	int rc = keep(c, value, &s, why);

	if (rc == 0)
		*to = s.p; /* terminated: arena_span() */
	return rc;
}

static int
set_ng(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct ctl_conf *c = conf;
	struct span s = span_str(value);
	bool is_tcp = span_has_prefix(s, "tcp:");

	if (!is_tcp && !span_has_prefix(s, "udp:"))
		goto bad;
	if (addr_parse_hostport(span_of(s.p + 4, s.len - 4), &c->ng) != 0 || !c->ng.port)
		goto bad;
	c->ng_is_tcp = is_tcp;
	return 0;
bad:
	snprintf(why, OPTS_ERROR_MAX, "must be udp:HOST:PORT or tcp:HOST:PORT with a numeric address");
	return ERR_SYNTAX;
}

static int
set_call_id(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep(conf, value, &((struct ctl_conf *)conf)->call_id, why);
}

static int
set_from_tag(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep(conf, value, &((struct ctl_conf *)conf)->from_tag, why);
}

static int
set_to_tag(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep(conf, value, &((struct ctl_conf *)conf)->to_tag, why);
}

static int
set_direction(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct ctl_conf *c = conf;
	struct span from, to;
	int rc = keep(c, value, &to, why);

	if (rc)
		return rc;
	from = span_cut(&to, ',');
	if (!from.len || !to.len || span_find(to, ',') >= 0) {
		snprintf(why, OPTS_ERROR_MAX, "must be two realms: the one the SDP comes from, the one it goes to");
		return ERR_SYNTAX;
	}
	c->direction[0] = from;
	c->direction[1] = to;
	return 0;
}

static int
set_sdp(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep_path(conf, value, &((struct ctl_conf *)conf)->sdp_path, why);
}

static int
set_answer(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep_path(conf, value, &((struct ctl_conf *)conf)->answer_path, why);
}

static int
set_alg_control(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep_path(conf, value, &((struct ctl_conf *)conf)->alg_control, why);
}

static int
set_agw_control(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return keep_path(conf, value, &((struct ctl_conf *)conf)->agw_control, why);
}

static int
set_timeout(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_seconds(value, 10, 60000, &((struct ctl_conf *)conf)->timeout_ms, why);
}

static int
set_tries(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, 20, &((struct ctl_conf *)conf)->tries, why);
}

static int
set_json(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	(void)value;
	(void)why;
	((struct ctl_conf *)conf)->is_json = true;
	return 0;
}

static const struct opt table[] = {
	{ "ng", "udp|tcp:HOST:PORT", "where ims-alg serves NG", DEFAULT_NG, set_ng },
	{ "call-id", "ID", "Call-ID of the call", NULL, set_call_id },
	{ "from-tag", "TAG", "tag of whoever made the offer", NULL, set_from_tag },
	{ "to-tag", "TAG", "tag of whoever answers it", NULL, set_to_tag },
	{ "direction", "FROM,TO", "realm the SDP comes from, realm it goes to", NULL, set_direction },
	{ "sdp", "FILE", "the SDP to send, - for standard input", "-", set_sdp },
	{ "answer", "FILE", "explain: the SDP that answers it", NULL, set_answer },
	{ "json", NULL, "print an NG reply as JSON", NULL, set_json },
	{ "timeout", "S", "seconds to wait for an answer before the next try", "1", set_timeout },
	{ "tries", "N", "how often a request is sent over UDP", "5", set_tries },
	{ "alg-control", "PATH", "control socket of ims-alg", DEFAULT_ALG, set_alg_control },
	{ "agw-control", "PATH", "control socket of ims-agw", DEFAULT_AGW, set_agw_control },
	{ 0 },
};

static int
add_word(void *conf, const char *word, char why[OPTS_ERROR_MAX])
{
	struct ctl_conf *c = conf;
	int rc;

	if (c->n_words == CTL_WORDS_MAX) {
		snprintf(why, OPTS_ERROR_MAX, "more than %d words", CTL_WORDS_MAX);
		return ERR_LIMIT;
	}
	rc = keep(c, word, &c->words[c->n_words], why);
	if (rc == 0)
		c->n_words++;
	return rc;
}

void
ctl_conf_init(struct ctl_conf *c)
{
	char why[OPTS_ERROR_MAX];

	*c = (struct ctl_conf){
		.sdp_path = "-",
		.alg_control = DEFAULT_ALG,
		.agw_control = DEFAULT_AGW,
		.timeout_ms = TIMEOUT_MS,
		.tries = TRIES,
	};
	arena_init(&c->arena, TEXT_MAX);
	(void)set_ng(c, DEFAULT_NG, why);
}

void
ctl_conf_fini(struct ctl_conf *c)
{
	arena_fini(&c->arena);
}

enum opts_result
ctl_conf_parse(struct ctl_conf *c, int argc, char **argv)
{
	const struct opts_desc d = {
		.prog = "ims-ctl",
		.summary = "Asks ims-alg over NG, or either daemon at its control socket.\n"
			   "  ping | list | statistics | query | delete      NG requests\n"
			   "  offer | answer                                 NG requests with an SDP; prints the new one\n"
			   "  explain                                        what an offer (and its answer) would become, and why\n"
			   "  show [alg|agw] WHAT...                         \"show WHAT\" at a control socket, as JSON\n"
			   "  metrics [alg|agw]                              counters, as Prometheus text\n"
			   "  alg|agw LINE...                                any line at a control socket, such as help\n"
			   "After an NG command, key=value adds a string to the request and a bare word a flag.",
		.table = table,
		.conf = c,
		.operands = "COMMAND [key=value|flag ...]",
		.operand = add_word,
	};

	return opts_parse(&d, argc, argv);
}
