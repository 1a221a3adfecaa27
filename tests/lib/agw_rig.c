/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/agw_rig.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agw/realm.h"
#include "proto/io/sock.h"
#include "tests/lib/own_realm.h"
#include "tests/lib/relay_peer.h"

struct agw_rig ar;

/* ---- the controller ---- */

#define COPY(to, s) CU_ASSERT_EQUAL(span_copy((s), (to), sizeof(to)), 0)

static void
keep_event(struct ar_note *n, const struct mgco_event *e)
{
	struct out o;

	COPY(n->event, e->name);
	n->stream = e->stream;
	CU_ASSERT_EQUAL(e->timestamp.len, 17);
	out_init(&o, n->params, sizeof(n->params));
	for (const struct mgco_prop *p = e->params; p; p = p->next) {
		if (mgco_name_is(p->name, "Reason") || mgco_name_is(p->name, "Failurecause"))
			COPY(n->cause, mgco_prop_text(p));
		out_printf(&o, "%s%.*s=%.*s", o.len ? " " : "", SPAN_FMT(p->name), SPAN_FMT(mgco_prop_text(p)));
	}
	CU_ASSERT_PTR_NOT_NULL(out_cstr(&o));
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	const struct mgco_action *act = in->txn->actions;
	struct mgco_action *out = mgco_add_action(in->arena, mgco_new_request(in->arena), act->ctx);
	struct mgco_cmd *reply = mgco_add_cmd(in->arena, out, act->cmds->kind, act->cmds->term);
	const struct mgco_cmd *c = act->cmds;
	struct ar_note *n = &ar.notes[ar.n_notes++];

	(void)arg;
	CU_ASSERT_FATAL(ar.n_notes <= AR_NOTES_MAX);
	*n = (struct ar_note){ .kind = c->kind, .ctx = act->ctx, .version = in->peer_version };
	COPY(n->term, c->term);
	if (c->services) {
		COPY(n->method, c->services->method);
		COPY(n->reason, c->services->reason);
		COPY(n->timestamp, c->services->timestamp);
		ar.assoc = in->assoc;
		if (ar.refuse)
			reply->error = mgco_new_error(in->arena, ar.refuse, SPAN_LIT("not now"));
		else if ((reply->services = ARENA_NEW(in->arena, struct mgco_services)))
			*reply->services = ar.services;
		ar.services = (struct mgco_services){ .has_version = false };
	}
	if (c->observed && c->observed->events)
		keep_event(n, c->observed->events);
	if (c->observed && ar.refuse_notify)
		reply->error = mgco_new_error(in->arena, ar.refuse_notify, SPAN_LIT("not now"));
	mgco_respond(in, out, NULL);
}

static void
on_down(void *arg, struct mgco_assoc *as, int why)
{
	(void)arg;
	(void)why;
	if (as == ar.assoc)
		ar.assoc = NULL;
}

static void
release_mgc_port(void)
{
	if (ar.mgc_port_fd >= 0)
		close(ar.mgc_port_fd);
	ar.mgc_port_fd = -1;
}

void
ar_start_mgc(void)
{
	static const struct mgco_handler handler = { .on_request = on_request, .on_down = on_down };
	const struct mgco_node_conf conf = { .mid = "<mgc>" };

	ar.mgc = mgco_node_new(ar.loop, &conf, &handler, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar.mgc);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(ar.mgc, MGCO_TCP, &ar.mgc_addr, &ar.mgc_addr), 0);
	release_mgc_port();
}

struct addr
ar_listen_more(void)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &a), 0);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(ar.mgc, MGCO_TCP, &a, &a), 0);
	return a;
}

void
ar_kill_mgc(void)
{
	mgco_node_free(ar.mgc);
	ar.mgc = NULL;
	ar.assoc = NULL;
	ar.mgc_port_fd = sock_tcp_bound(&ar.mgc_addr);
	CU_ASSERT_TRUE(ar.mgc_port_fd >= 0);
}

/* ---- making it ---- */

void
ar_begin_unregistered(bool dead_first)
{
	const struct tls_peer_conf ue = { .version = 0 };
	char why[OPTS_ERROR_MAX];
	void (*configure)(struct agw_conf *c) = ar.configure;
	struct agw_conf c;
	struct addr host;

	memset(&ar, 0, sizeof(ar));
	ar.mgc_port_fd = -1;
	log_open("agw_rig", LOG_TO_STDERR, LOG_LVL_ERROR);
	signal(SIGPIPE, SIG_IGN); /* for OpenSSL of the UE */
	ar.loop = ar.peers.loop = loop_new_sim(1000000);
	(void)addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &ar.mgc_addr);
	ar_start_mgc();
	agw_conf_init(&c);
	if (configure)
		configure(&c);
	if (dead_first) {
		c.mgcs[0] = (struct mgc_conf){ .proto = MGCO_TCP, .addr = ar.mgc_addr };
		c.mgcs[c.n_mgcs++].addr.port = 1;
	}
	c.mgcs[c.n_mgcs++] = (struct mgc_conf){ .proto = MGCO_TCP, .addr = ar.mgc_addr };
	c.syngate.kind = SYNGATE_SOCKET;
	c.workers = 2;
	c.one_thread = true;
	c.common.control[0] = 0;
	(void)span_copy(SPAN_LIT("<agw>"), c.mid, sizeof(c.mid));
	own_realm_add(&c, "access", 1);
	own_realm_add(&c, "core", 2);
	CU_ASSERT_EQUAL_FATAL(agw_conf_finish(&c, why), 0);
	ar.agw = agw_new(ar.loop, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar.agw);
	CU_ASSERT_EQUAL_FATAL(agw_start(ar.agw), 0);
	h248_trace(ar.agw->node);
	peer_init(&ar.ue, &ar.peers);
	peer_init(&ar.core, &ar.peers);
	tls_peer_init(&ar.ue.tls, &ue);
	ar.ue.has_tls = true;
	(void)addr_parse_ip(SPAN_LIT("127.0.0.1"), &host);
	peer_listen(&ar.core, &host);
}

static bool
is_registered(void *unused)
{
	(void)unused;
	return mg_reg_get_assoc(&ar.agw->reg) != NULL;
}

void
ar_begin(void)
{
	ar_begin_unregistered(false);
	CU_ASSERT_TRUE_FATAL(ar_until(is_registered));
}

void
ar_end(void)
{
	ar_rest(100);
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 0);
	CU_ASSERT_EQUAL(ar.agw->ctxs.n_terms, 0);
	CU_ASSERT_EQUAL(ar.agw->ctxs.relays.used, 0);
	for (unsigned i = 0; i < ar.agw->n_realms; i++)
		CU_ASSERT_EQUAL(realm_ports_taken(ar.agw->realms[i]), 0);
	peer_fini(&ar.ue);
	peer_fini(&ar.core);
	agw_free(ar.agw);
	mgco_node_free(ar.mgc);
	release_mgc_port();
	(void)loop_poll(ar.loop);
	loop_free(ar.loop);
}

bool
ar_until(bool (*done)(void *unused))
{
	return loop_sim_run(ar.loop, AR_BUDGET_MS, done, NULL);
}

void
ar_rest(uint64_t ms)
{
	(void)loop_sim_run(ar.loop, ms, NULL, NULL);
}

/* ---- asking ---- */

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct mgco_txn *t;
	struct mgco_msg m = { .version = 2, .mid = SPAN_LIT("<agw>") };
	struct mgco_style style = { .pretty = false };
	struct out o;

	(void)arg;
	ar.has_reply = true;
	out_init(&o, ar.reply, sizeof(ar.reply));
	if (err) {
		out_printf(&o, "no reply: %s", err_str(err));
	} else {
		memcpy(&t, &reply, sizeof(t)); /* the printer does not write */
		m.txns = t;
		mgco_print(&o, &m, &style);
	}
	CU_ASSERT_PTR_NOT_NULL(out_cstr(&o));
}

static bool
has_reply(void *unused)
{
	(void)unused;
	return ar.has_reply;
}

void
ar_ask(const char *fmt, ...)
{
	static char text[AR_TEXT_MAX];
	struct mgco_fault fault = { .why = "" };
	struct mgco_msg msg;
	struct arena a;
	struct out o;
	va_list ap;

	out_init(&o, text, sizeof(text));
	out_str(&o, "MEGACO/2 <mgc> Transaction = 1 { ");
	va_start(ap, fmt);
	out_vprintf(&o, fmt, ap);
	va_end(ap);
	out_str(&o, " }");
	arena_init(&a, MGCO_ARENA_MAX);
	if (mgco_parse(&a, out_get(&o), &msg, &fault) != 0) {
		fprintf(stderr, "%s line %u: %.*s\n", fault.why, fault.line, (int)o.len, text);
		CU_FAIL_FATAL("request does not parse");
	}
	ar.has_reply = false;
	ar.reply[0] = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar.assoc);
	CU_ASSERT_EQUAL_FATAL(mgco_request(ar.assoc, msg.txns->actions, on_reply, NULL), 0);
	arena_fini(&a);
	CU_ASSERT_TRUE(ar_until(has_reply));
}

bool
ar_replied(const char *part)
{
	if (strstr(ar.reply, part))
		return true;
	fprintf(stderr, "not \"%s\" in: %s\n", part, ar.reply);
	return false;
}

static unsigned wanted;

static bool
has_note(void *unused)
{
	(void)unused;
	return ar.n_notes > wanted;
}

const struct ar_note *
ar_wait_note(unsigned n)
{
	wanted = n;
	return ar_until(has_note) ? &ar.notes[n] : NULL;
}

/* ---- a session ---- */

/* What stands behind mark up to a blank or brace, and the text after it. */
static const char *
read_after(const char *text, const char *mark, char *to, size_t cap)
{
	const char *at = strstr(text, mark);
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += strlen(mark);
	n = strcspn(at, " \r\n{}");
	CU_ASSERT_FATAL(n < cap);
	memcpy(to, at, n);
	to[n] = 0;
	return at + n;
}

void
ar_add(const char *t1_control, const char *t1_signals)
{
	const char *at;
	char word[128];

	ar_ask("Context = $ { Add = ip/1/access/$ { Media { Stream = 1 {"
	       " LocalControl { Mode = SendReceive%s }, Local {\nv=0\nc=IN IP4 $\nm=message $ TCP/TLS *\n"
	       "a=setup:actpass\na=fingerprint:sha-256 $\n} } },"
	       " Events = 1 { g/cause, tlsbsc/BNCChange } %s },"
	       " Add = ip/1/core/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive }, Local {\nv=0\n"
	       "c=IN IP4 $\nm=message $ TCP *\na=setup:actpass\n}, Remote {\nv=0\nc=IN IP4 127.0.0.1\n"
	       "m=message %u TCP *\na=setup:actpass\n} } }, Events = 2 { g/cause, tcpbcc/BNCChange } } }",
	       t1_control, t1_signals, ar.core.local.port);
	at = read_after(ar.reply, "Context=", word, sizeof(word));
	ar.ctx = (uint32_t)strtoul(word, NULL, 10);
	at = read_after(at, "Add=", ar.t1, sizeof(ar.t1));
	ar.local[0] = own_realm_addr(1);
	ar.local[1] = own_realm_addr(2);
	at = read_after(at, "m=message ", word, sizeof(word));
	ar.local[0].port = (uint16_t)strtoul(word, NULL, 10);
	at = read_after(at, "a=fingerprint:sha-256 ", ar.fpr, sizeof(ar.fpr));
	at = read_after(at, "Add=", ar.t2, sizeof(ar.t2));
	(void)read_after(at, "m=message ", word, sizeof(word));
	ar.local[1].port = (uint16_t)strtoul(word, NULL, 10);
}

void
ar_answer(const char *t1_control, bool right_fingerprint)
{
	struct fpr f = tls_peer_fpr(&ar.ue.tls, FPR_SHA256);
	char text[FPR_TEXT_MAX];

	if (!right_fingerprint)
		f.digest[7] ^= 1;
	ar_ask("Context = %u { Modify = %s { Media { Stream = 1 { LocalControl { Mode = SendReceive%s },"
	       " Remote {\nv=0\nc=IN IP4 127.0.0.1\nm=message 9 TCP/TLS *\na=setup:active\na=fingerprint:%s\n"
	       "} } } } }",
	       ar.ctx, ar.t1, t1_control, fpr_text(&f, text));
	CU_ASSERT_PTR_NULL(strstr(ar.reply, "Error"));
}

void
ar_subtract(void)
{
	ar_ask("Context = %u { Subtract = %s, Subtract = %s }", ar.ctx, ar.t1, ar.t2);
	CU_ASSERT_PTR_NULL(strstr(ar.reply, "Error"));
}

static const char ping[] = "MSRP 1 SEND\r\n-------1$\r\n", pong[] = "MSRP 1 200 OK\r\n-------1$\r\n";
static size_t core_had, ue_had;

static bool
is_secure(void *unused)
{
	(void)unused;
	return ar.ue.secure;
}

static bool
core_got(void *unused)
{
	(void)unused;
	return ar.core.got == core_had + strlen(ping);
}

static bool
ue_got(void *unused)
{
	(void)unused;
	return ar.ue.got == ue_had + strlen(pong);
}

void
ar_check_talk(void)
{
	core_had = ar.core.got;
	ue_had = ar.ue.got;
	CU_ASSERT_TRUE(ar_until(is_secure));
	peer_send(&ar.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(ar_until(core_got));
	peer_send(&ar.core, pong, strlen(pong));
	CU_ASSERT_TRUE(ar_until(ue_got));
}
