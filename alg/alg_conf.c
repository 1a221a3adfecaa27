/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/alg_conf.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "alg/setup.h"

_Static_assert(offsetof(struct alg_conf, wire) == offsetof(struct h248_head, wire), "begins as struct h248_head");

enum { NAMES_FILE_MAX = 65536, DAY_MS = 24 * 3600 * 1000 };

static int PRINTF_LIKE(2, 3)
refuse(char why[OPTS_ERROR_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, OPTS_ERROR_MAX, fmt, ap);
	va_end(ap);
	return ERR_INVAL;
}

static int
add_listen(struct alg_listen *list, unsigned *n, const char *value, bool sctp, char why[OPTS_ERROR_MAX])
{
	struct span s = span_str(value);
	struct alg_listen l;

	if (mgco_proto_cut(&s, &l.proto) || (l.proto == MGCO_SCTP && !sctp))
		return refuse(why, "must begin with udp:%s tcp:%s", sctp ? "," : " or", sctp ? " or sctp:" : "");
	if (mgco_proto_missing(l.proto))
		return refuse(why, "%s", mgco_proto_missing(l.proto));
	if (addr_parse_hostport(s, &l.addr))
		return refuse(why, "needs a numeric HOST:PORT or [V6]:PORT");
	if (*n == ALG_LISTEN_MAX)
		return refuse(why, "at most %d addresses", ALG_LISTEN_MAX);
	list[(*n)++] = l;
	return 0;
}

static int
set_ng(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return add_listen(c->ng, &c->n_ng, value, false, why);
}

static int
set_h248(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return add_listen(c->h248, &c->n_h248, value, true, why);
}

static int
set_text(char *to, size_t cap, const char *value, char why[OPTS_ERROR_MAX])
{
	if (!*value)
		return refuse(why, "must not be empty");
	if (span_copy(span_str(value), to, cap))
		return refuse(why, "too long, at most %zu characters", cap - 1);
	return 0;
}

static int
set_mid(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	if (strpbrk(value, " \t{}\",;="))
		return refuse(why, "is no H.248 message identifier");
	return set_text(c->mid, sizeof(c->mid), value, why);
}

/* A realm's name is part of TerminationIDs: letters, digits, '_' and '-' only. */
static int
set_realm(char *to, const char *value, char why[OPTS_ERROR_MAX])
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (value[strspn(value, legal)])
		return refuse(why, "may hold letters, digits, '_' and '-' only");
	return set_text(to, ALG_REALM_MAX, value, why);
}

static int
set_access_realm(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return set_realm(c->realm[SIDE_ACCESS], value, why);
}

static int
set_core_realm(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return set_realm(c->realm[SIDE_CORE], value, why);
}

static int
set_interlink(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return opts_on_off(value, &c->interlink, why);
}

/* Position of value in a list of names that ends with NULL, or a sentence in why. */
static int
choose(const char *value, const char *const *names, char why[OPTS_ERROR_MAX])
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(value, names[i]))
			return i;
	return refuse(why, "must be %s, %s or %s", names[0], names[1], names[2]);
}

static int
set_syn_policy(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static const char *const names[] = { "ignore", "latch", "filter", NULL };
	struct alg_conf *c = conf;
	int i = choose(value, names, why);

	if (i < 0)
		return i;
	c->syn = (enum syn_policy)i;
	return 0;
}

static int
set_setup_role(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	if (setup_prefer_parse(span_str(value), c->prefer))
		return refuse(why, "must be access:ROLE or core:ROLE, ROLE being auto, active or passive");
	return 0;
}

static int
set_e2ae(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static const char *const names[] = { "when-supported", "always", "never", NULL };
	struct alg_conf *c = conf;
	int i = choose(value, names, why);

	if (i < 0)
		return i;
	c->e2ae = (enum e2ae_policy)i;
	return 0;
}

static int
set_on_failure(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;
	const char *what;

	if (c->failure.n == ALG_TARGETS_MAX)
		return refuse(why, "at most %d times", ALG_TARGETS_MAX);
	if (failure_parse_target(span_str(value), &c->failure.to[c->failure.n], &what))
		return refuse(why, "%s", what);
	c->failure.n++;
	return 0;
}

static int
set_msrp(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static const char *const names[] = { "auto", "agnostic", "aware", NULL };
	struct alg_conf *c = conf;
	int i = choose(value, names, why);

	if (i < 0)
		return i;
	c->msrp = (enum msrp_policy)i;
	return 0;
}

static int
set_on_failure_rpc(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;
	struct span rest = span_str(value);

	if (!span_word(&rest).len)
		return refuse(why, "needs a method");
	return set_text(c->failure.rpc, sizeof(c->failure.rpc), value, why);
}

static int
set_broken_connection(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;
	unsigned ms = 0;

	if (!strcmp(value, "release")) {
		c->on_failure.wait = false;
		return 0;
	}
	if (strncmp(value, "wait", 4) != 0 || (value[4] && value[4] != ':'))
		return refuse(why, "must be release, wait or wait:SECONDS");
	if (value[4] && opts_seconds(value + 5, 100, DAY_MS, &ms, why))
		return ERR_INVAL;
	c->on_failure.wait = true;
	c->on_failure.wait_ms = ms;
	return 0;
}

static int
set_heartbeat(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return opts_seconds(value, 0, DAY_MS, &c->agwset.heartbeat_ms, why);
}

static int
set_gateway_timeout(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return opts_seconds(value, 0, DAY_MS, &c->agwset.away_ms, why);
}

static int
set_gateway(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;
	int rc = agw_allow_add(&c->agwset.allow, span_str(value));

	if (rc == ERR_LIMIT)
		return refuse(why, "at most %d times", ALG_AGW_MAX);
	return rc ? refuse(why, "wants [MID@]ADDRESS[/PREFIX], the address numeric") : 0;
}

static int
set_service_reply(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static const char *const names[] = { "full", "version", "bare", NULL };
	struct alg_conf *c = conf;
	int i = choose(value, names, why);

	if (i < 0)
		return i;
	c->agwset.service_reply = (enum agw_service_reply)i;
	return 0;
}

static int
set_h248_profile(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return h248_profile_apply(alg_opts, conf, value, why);
}

static int
set_establish_timeout(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return opts_seconds(value, 0, DAY_MS, &c->on_failure.establish_ms, why);
}

static int
set_resolve(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct alg_conf *c = conf;

	return opts_on_off(value, &c->resolve, why);
}

static int
set_iq_names(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static char text[NAMES_FILE_MAX]; /* too large for a stack; flags are read once, at start */
	struct alg_conf *c = conf;
	FILE *f = fopen(value, "re");
	unsigned line = 0;
	size_t n;

	if (!f)
		return refuse(why, "%s: %s", value, strerror(errno));
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (n == sizeof(text))
		return refuse(why, "%s: too long", value);
	if (iq_names_override(&c->names, span_of(text, n), &line))
		return refuse(why, "%s:%u: not \"SYMBOL package/item\", or the symbol is unknown", value, line);
	return 0;
}

const struct opt alg_opts[] = {
	{ "ng", "PROTO:HOST:PORT", "where the P-CSCF's rtpengine module finds us; udp: or tcp:, repeatable",
	  "udp:127.0.0.1:2223", set_ng },
	{ "h248", "PROTO:HOST:PORT", "where access gateways register; tcp:, udp: or sctp:, repeatable",
	  "tcp:127.0.0.1:2944", set_h248 },
	{ "mid", "ID", "our H.248 message identifier", "the first --h248 address", set_mid },
	{ "access-realm", "NAME", "realm on the side of the UEs", "access", set_access_realm },
	{ "core-realm", "NAME", "realm on the side of the IMS core", "core", set_core_realm },
	{ "interlink", "on|off", "a connection from one side triggers the one to the other (on), or we order it (off)",
	  "on", set_interlink },
	{ "resolve", "on|off", "host names in SDP are looked up", "on", set_resolve },
	{ "setup-role", "SIDE:ROLE", "our TCP role towards access or core where the peer leaves the choice: auto, active "
	  "or passive; repeatable", "auto", set_setup_role },
	{ "syn-policy", "ignore|latch|filter", "connections of a UE before and after its answer", "ignore",
	  set_syn_policy },
	{ "e2ae", "when-supported|always|never", "when MSRP gets TLS on the access side", "when-supported", set_e2ae },
	{ "on-failure", "TARGET", "who is told that a call's media failed: jsonrpc:http://HOST:PORT/PATH, exec:/PROGRAM "
	  "or log; repeatable", "log", set_on_failure },
	{ "on-failure-rpc", "METHOD PARAMS", "the JSON-RPC method and its parameters", FAILURE_RPC_DEFAULT,
	  set_on_failure_rpc },
	{ "broken-connection", "release|wait[:S]", "a failed connection ends the call, or may come again (within S "
	  "seconds)", "release", set_broken_connection },
	{ "gateway", "[MID@]ADDRESS[/PREFIX]", "who may register as a gateway, and under which MId; repeatable", "any host",
	  set_gateway },
	{ "gateway-heartbeat", "S", "a gateway that is silent for so long is asked whether it lives, 0: never", "10",
	  set_heartbeat },
	{ "gateway-timeout", "S", "a gateway that is away for so long has lost its calls, 0: never", "60",
	  set_gateway_timeout },
	{ "establish-timeout", "S", "seconds from the answer to both connections being up, 0: any", "0",
	  set_establish_timeout },
	{ "msrp", "auto|agnostic|aware", "whether the gateway carries MSRP unseen or has a URI of its own on each side",
	  "auto", set_msrp },
	{ "iq-names", "FILE", "other spellings of H.248 package items", NULL, set_iq_names },
	H248_OPTS(set_h248_profile),
	{ "service-reply", "full|version|bare", "answers to ServiceChange with Version, the gateway's Profile and the time, with Version, "
	  "or with nothing", "full", set_service_reply },
	DAEMON_OPTS(ALG_CONTROL_PATH),
	{ 0 },
};

void
alg_conf_init(struct alg_conf *c)
{
	*c = (struct alg_conf){
		.realm = { [SIDE_ACCESS] = "access", [SIDE_CORE] = "core" },
		.interlink = true,
		.resolve = true,
		.syn = SYN_IGNORE,
		.e2ae = E2AE_WHEN_SUPPORTED,
		.agwset = { .heartbeat_ms = 10000, .away_ms = 60000 },
	};
	h248_conf_init(&c->wire);
	daemon_conf_init(&c->daemon, ALG_CONTROL_PATH);
	iq_names_init(&c->names);
}

int
alg_conf_done(struct alg_conf *c, char why[OPTS_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	int rc = 0;

	if (!c->failure.n)
		c->failure.to[c->failure.n++].way = FAILURE_LOG;
	if (!c->n_ng)
		rc = add_listen(c->ng, &c->n_ng, "udp:127.0.0.1:2223", false, why);
	if (!rc && !c->n_h248)
		rc = add_listen(c->h248, &c->n_h248, "tcp:127.0.0.1:2944", true, why);
	if (rc)
		return rc;
	if (span_caseeqs(span_str(c->realm[SIDE_ACCESS]), c->realm[SIDE_CORE]))
		return refuse(why, "--access-realm and --core-realm must differ");
	c->on_failure.log_only = true;
	for (unsigned i = 0; i < c->failure.n; i++)
		c->on_failure.log_only = c->on_failure.log_only && c->failure.to[i].way == FAILURE_LOG;
	if (c->mid[0])
		return 0;
	if (c->h248[0].addr.family == ADDR_V6)
		snprintf(c->mid, sizeof(c->mid), "%s", addr_text(&c->h248[0].addr, text));
	else
		snprintf(c->mid, sizeof(c->mid), "[%s]:%u", addr_ip_text(&c->h248[0].addr, text),
		         c->h248[0].addr.port);
	return 0;
}
