/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#include "agw/agw_conf_h248.h"
#include "agw/agw_conf_tls.h"
#include "proto/base/err.h"

/* Below the ephemeral ports of Linux, so that outgoing connections never sit on them. */
enum { ACCESS_LO = 20000, ACCESS_HI = 25999, CORE_LO = 26000, CORE_HI = 31999 };

static int
no(char why[OPTS_ERROR_MAX], const char *sentence)
{
	(void)snprintf(why, OPTS_ERROR_MAX, "%s", sentence);
	return ERR_INVAL;
}

static int
set_text(char *to, size_t cap, const char *value, char why[OPTS_ERROR_MAX])
{
	if (span_copy(span_str(value), to, cap) != 0)
		return no(why, "the text is too long");
	return 0;
}

/* ---- one setter a flag ---- */

#define CONF(conf) ((struct agw_conf *)(conf))

/* "[192.0.2.1]:2944" is how H.248 writes addresses of both families; without a port it is legal too. */
static bool
is_address_mid(struct span mid)
{
	struct span rest = span_of(mid.p + 1, mid.len - 1), ip = span_cut(&rest, ']');
	struct addr a;
	uint32_t port;

	if (!rest.p || addr_parse_ip(ip, &a) != 0)
		return false;
	if (rest.len == 0)
		return true;
	return rest.p[0] == ':' && span_u32(span_of(rest.p + 1, rest.len - 1), 65535, &port) == 0;
}

static bool
is_legal_mid(struct span mid)
{
	bool is_domain = mid.len > 2 && mid.p[0] == '<' && mid.p[mid.len - 1] == '>';
	const char *also = is_domain ? "-." : "-./_@*";

	if (mid.len > 2 && mid.p[0] == '[')
		return is_address_mid(mid);
	if (is_domain)
		mid = span_of(mid.p + 1, mid.len - 2);
	for (size_t i = 0; i < mid.len; i++)
		if (!isalnum((unsigned char)mid.p[i]) && !strchr(also, mid.p[i]))
			return false;
	return mid.len > 0;
}

static int
set_mid(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (!is_legal_mid(span_str(value)))
		return no(why, "wants \"[ADDRESS]:PORT\", \"<domain>\" or a device name");
	return set_text(CONF(conf)->mid, sizeof(CONF(conf)->mid), value, why);
}

static int
set_realm(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct agw_conf *c = conf;
	int err;

	if (c->n_realms == AGW_REALMS_MAX)
		return no(why, "too many --realm (16)");
	err = realm_conf_parse(value, &c->realms[c->n_realms], why);
	if (!err)
		c->n_realms++;
	return err;
}

static int
set_workers(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, AGW_WORKERS_MAX, &CONF(conf)->workers, why);
}

static int
set_queues(struct syngate_conf *g, struct span numbers, char why[OPTS_ERROR_MAX])
{
	struct span rest = numbers, first = span_cut(&rest, ',');
	uint32_t num, count = 1;

	if (span_u32(first, 65535, &num) != 0 || (rest.p && span_u32(rest, 64, &count) != 0) || count == 0 ||
	    num + count > 65536)
		return no(why, "wants nfqueue:NUM[,COUNT] with queue numbers from 0 to 65535, at most 64 of them");
	g->queue_num = (uint16_t)num;
	g->queue_count = (uint16_t)count;
	return 0;
}

static int
set_syn_gate(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	static const struct {
		const char *name;
		enum syngate_kind kind;
	} kinds[] = {
		{ "auto", SYNGATE_AUTO },
		{ "nfqueue", SYNGATE_NFQUEUE },
		{ "socket", SYNGATE_SOCKET },
		{ "off", SYNGATE_OFF },
	};
	struct syngate_conf g = { .queue_count = 1, .park = CONF(conf)->syngate.park };
	struct span rest = span_str(value), name = span_cut(&rest, ':');
	unsigned i = 0;
	int err = 0;

	while (i < 4 && !span_eqs(name, kinds[i].name))
		i++;
	if (i == 4 || (rest.p && kinds[i].kind != SYNGATE_NFQUEUE))
		return no(why, "wants auto, nfqueue[:NUM[,COUNT]], socket or off");
	g.kind = kinds[i].kind;
	if (rest.p)
		err = set_queues(&g, rest, why);
	if (!err)
		CONF(conf)->syngate = g;
	return err;
}

static int
set_early_syn(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	bool park = span_eqs(span_str(value), "park");

	if (!park && !span_eqs(span_str(value), "drop"))
		return no(why, "wants drop or park");
	CONF(conf)->syngate.park = park;
	return 0;
}

#define SECONDS(fn, field, min_ms, max_ms) \
	static int fn(void *conf, const char *value, char why[OPTS_ERROR_MAX]) \
	{ \
		return opts_seconds(value, (min_ms), (max_ms), &CONF(conf)->field, why); \
	}
SECONDS(set_tcp_timeout, tcp_ms, 100, 600000)
SECONDS(set_tls_timeout, tls_ms, 100, 600000)
SECONDS(set_fpr_timeout, fpr_ms, 100, 600000)
SECONDS(set_passive_timeout, passive_ms, 0, 24 * 3600 * 1000)
SECONDS(set_keepalive, keepalive_ms, 0, 32767 * 1000)
SECONDS(set_user_timeout, dead_ms, 0, 24 * 3600 * 1000)
SECONDS(set_idle_timeout, idle_ms, 0, 7 * 24 * 3600 * 1000)

static int
set_iq_names(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return set_text(CONF(conf)->iq_names, sizeof(CONF(conf)->iq_names), value, why);
}

static int
set_max_sessions(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, AGW_SESSIONS_MAX, &CONF(conf)->max_sessions, why);
}

static int
set_octets(const char *value, uint64_t *octets, char why[OPTS_ERROR_MAX])
{
	return span_u64(span_str(value), UINT64_MAX, octets) ? no(why, "wants a number of octets; 0: any") : 0;
}

static int
set_msrp_max_message(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return set_octets(value, &CONF(conf)->msrp.message, why);
}

static int
set_msrp_max_chunk(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return set_octets(value, &CONF(conf)->msrp.chunk, why);
}

static int
set_max_handshakes(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, AGW_SESSIONS_MAX, &CONF(conf)->max_handshakes, why);
}

const struct opt agw_opts[] = {
	{ "mgc", "tcp|udp|sctp:HOST:PORT", "controller to register with; repeatable, in order of preference",
	  "tcp:127.0.0.1:2944", agw_set_mgc },
	{ "mid", "ID", "our H.248 message identifier: [ADDRESS]:PORT, <domain> or a device name",
	  "<ims-agw.HOSTNAME>", set_mid },
	{ "realm", "NAME,address=A[,...]",
	  "a network: address=, advertise=, ports=LO-HI, call-allow=, call-deny=, dscp=, empty-send=, msrp-keepalive=, "
	  "sessions=, cert=, key=; repeatable",
	  "access and core on 127.0.0.1", set_realm },
	{ "workers", "N", "threads that relay", "one per core", set_workers },
	{ "syn-gate", "KIND", "how SYNs are caught: auto, nfqueue[:NUM[,COUNT]], socket, off", "auto",
	  set_syn_gate },
	{ "early-syn", "drop|park", "what becomes of a SYN that comes before the answer", "drop", set_early_syn },
	{ "tcp-timeout", "S", "seconds for a TCP connection that we open", "10", set_tcp_timeout },
	{ "tls-timeout", "S", "seconds for a TLS handshake, waiting for the fingerprint not counted", "10",
	  set_tls_timeout },
	{ "fingerprint-timeout", "S", "seconds that a handshake waits for the peer's fingerprint", "30",
	  set_fpr_timeout },
	{ "idle-timeout", "S", "seconds without a byte until the controller is told; 0: only when it asks", "0",
	  set_idle_timeout },
	{ "passive-timeout", "S", "seconds for a connection to come where we listen, if the controller armed an event; "
	  "0: for ever", "0", set_passive_timeout },
	{ "tcp-keepalive", "S", "seconds of silence until a peer is probed; 0: never", "240", set_keepalive },
	{ "tcp-user-timeout", "S", "seconds without acknowledgement until a peer counts as dead; 0: the kernel's",
	  "360", set_user_timeout },
	{ "msrp-max-chunk", "OCTETS", "most in one chunk through an aware stream; 0: any", "0", set_msrp_max_chunk },
	{ "msrp-max-message", "OCTETS", "most in one message through an aware stream; 0: any", "0",
	  set_msrp_max_message },
	{ "max-handshakes", "N", "TLS handshakes at a time on each worker; more wait in the kernel", "4096",
	  set_max_handshakes },
	{ "max-sessions", "N", "contexts at a time; more are refused with error 510", "100000", set_max_sessions },
	{ "tls-min", "VERSION", "lowest TLS version: 1.2 or 1.3", "1.2", agw_set_tls_min },
	{ "allow-sha1", NULL, "accept sha-1 certificate fingerprints of peers", NULL, agw_set_allow_sha1 },
	{ "ktls", "on|off", "TLS 1.3 connections that are up are left to the kernel, if it can", "off", agw_set_ktls },
	{ "unknown-properties", "refuse|ignore", "H.248 properties and parameters that we do not have: error, or passed over",
	  "refuse", agw_set_unknown_properties },
	{ "unknown-events", "refuse|ignore", "events that we do not have: error, or never told", "refuse",
	  agw_set_unknown_events },
	{ "iq-names", "FILE", "other spellings of H.248 package items", NULL, set_iq_names },
	H248_OPTS(agw_set_h248_profile),
	{ "service-change", "EVENT:METHOD:REASON", "what a ServiceChange says when first, state-lost, restored, failover, "
	  "handoff, drain or stop; repeatable", NULL, agw_set_service_change },
	{ "service-profile", "NAME/VERSION|none", "the Profile of the registration", "Iq/1", agw_set_service_profile },
	{ "service-version", "1|2", "the version of H.248.1 that is offered", "2", agw_set_service_version },
	{ "first-version", "1|2", "the version of the message that offers it", "2", agw_set_first_version },
	{ "wildcard-reply", "each|one", "Modify and Subtract of several terminations: a reply for each, or one", "each",
	  agw_set_wildcard_reply },
	DAEMON_OPTS(AGW_CONTROL_PATH),
	{ NULL, NULL, NULL, NULL, NULL },
};

/* ---- defaults and the whole ---- */

void
agw_conf_init(struct agw_conf *c)
{
	*c = (struct agw_conf){
		.syngate = { .kind = SYNGATE_AUTO, .queue_count = 1 },
		.tcp_ms = 10000,
		.tls_ms = 10000,
		.fpr_ms = 30000,
		.keepalive_ms = 240000,
		.dead_ms = 360000,
		.max_sessions = 100000,
		.max_handshakes = 4096,
		.tls_min = 12,
	};
	h248_conf_init(&c->wire);
	mg_service_conf_init(&c->service);
	daemon_conf_init(&c->common, AGW_CONTROL_PATH);
}

static void
default_mid(struct agw_conf *c)
{
	char host[48] = "";
	size_t n = 0;

	/* The name must be legal inside "<...>": letters, digits, '-' and '.'. */
	if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
		(void)span_copy(SPAN_LIT("localhost"), host, sizeof(host));
	for (size_t i = 0; host[i]; i++)
		if (isalnum((unsigned char)host[i]) || host[i] == '-' || host[i] == '.')
			host[n++] = host[i];
	host[n] = 0;
	(void)snprintf(c->mid, sizeof(c->mid), "<ims-agw.%s>", host);
}

static void
default_realm(struct agw_conf *c, const char *name, uint16_t lo, uint16_t hi)
{
	struct realm_conf *r = &c->realms[c->n_realms++];

	*r = (struct realm_conf){ .n_addrs = 1, .lo = lo, .hi = hi };
	(void)span_copy(span_str(name), r->name, sizeof(r->name));
	(void)addr_parse_ip(SPAN_LIT("127.0.0.1"), &r->addrs[0]);
}

static int
check_pair(const struct realm_conf *a, const struct realm_conf *b, char why[OPTS_ERROR_MAX])
{
	if (span_caseeqs(span_str(a->name), b->name)) {
		(void)snprintf(why, OPTS_ERROR_MAX, "realm %s is given twice", b->name);
		return ERR_EXISTS;
	}
	if (a->hi < b->lo || b->hi < a->lo)
		return 0;
	for (unsigned i = 0; i < a->n_addrs; i++)
		for (unsigned k = 0; k < b->n_addrs; k++)
			if (addr_same_ip(&a->addrs[i], &b->addrs[k])) {
				(void)snprintf(why, OPTS_ERROR_MAX, "realms %s and %s share ports of one address",
					       a->name, b->name);
				return ERR_EXISTS;
			}
	return 0;
}

/* Its SYNs would end at the gate. */
static int
check_metrics(const struct agw_conf *c, char why[OPTS_ERROR_MAX])
{
	const struct addr *m = &c->common.metrics;

	for (unsigned i = 0; i < c->n_realms && m->family != ADDR_NONE; i++) {
		const struct realm_conf *r = &c->realms[i];

		for (unsigned k = 0; k < r->n_addrs && m->port >= r->lo && m->port <= r->hi; k++)
			if (addr_same_ip(&r->addrs[k], m) || addr_is_any(m)) {
				(void)snprintf(why, OPTS_ERROR_MAX, "--metrics is one of the ports of realm %s", r->name);
				return ERR_EXISTS;
			}
	}
	return 0;
}

int
agw_conf_finish(struct agw_conf *c, char why[OPTS_ERROR_MAX])
{
	unsigned addrs = 0;

	if (c->n_mgcs == 0)
		(void)agw_set_mgc(c, "tcp:127.0.0.1:2944", why);
	if (!c->mid[0])
		default_mid(c);
	if (c->workers == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);

		c->workers = cores < 1 ? 1 : cores > AGW_WORKERS_MAX ? AGW_WORKERS_MAX : (unsigned)cores;
	}
	if (c->n_realms == 0) {
		default_realm(c, "access", ACCESS_LO, ACCESS_HI);
		default_realm(c, "core", CORE_LO, CORE_HI);
	}
	for (unsigned i = 0; i < c->n_realms; i++) {
		struct realm_conf *r = &c->realms[i];

		/* Without ports= the two usual realms get the ranges that they have by default, so that both
		 * may share an address. */
		if (r->hi == 0) {
			bool core = span_caseeqs(span_str(r->name), "core");

			r->lo = core ? CORE_LO : ACCESS_LO;
			r->hi = core ? CORE_HI : ACCESS_HI;
		}
		addrs += r->n_addrs;
		for (unsigned k = 0; k < i; k++) {
			int err = check_pair(&c->realms[k], r, why);

			if (err)
				return err;
		}
	}
	if (c->keepalive_ms && c->dead_ms && c->dead_ms <= c->keepalive_ms)
		return no(why, "--tcp-user-timeout must be longer than --tcp-keepalive");
	if (addrs > GATE_ADDRS_MAX)
		return no(why, "too many addresses in all realms (64)");
	return check_metrics(c, why);
}
