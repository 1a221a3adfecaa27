/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/err.h"
#include "proto/codec/mgco.h"
#include "tests/lib/mgco_say.h"
#include "tests/lib/tmain.h"

static struct arena arena;
static struct mgco_msg msg;
static struct mgco_fault fault;

static int
parse(const char *text)
{
	arena_fini(&arena);
	arena_init(&arena, MGCO_ARENA_MAX);
	memset(&fault, 0, sizeof(fault));
	return mgco_parse(&arena, span_str(text), &msg, &fault);
}

/* The only command of a message that must parse. */
static const struct mgco_cmd *
parse_cmd(const char *text)
{
	static const struct mgco_cmd none;
	int err = parse(text);

	if (err)
		printf("\n%s:\n  %s at \"%.*s\"\n", text, fault.why, SPAN_FMT(fault.near));
	CU_ASSERT_EQUAL(err, 0);
	return err || !msg.txns->actions ? &none : msg.txns->actions->cmds;
}

static void
header_gives_version_and_mid(void)
{
	static const struct {
		const char *text, *mid;
		uint32_t version;
	} rows[] = {
		{ "MEGACO/2 [192.0.2.1]:2944 PN=1{}", "[192.0.2.1]:2944", 2 },
		{ "!/1 [192.0.2.1] PN=1{}", "[192.0.2.1]", 1 },
		{ "\r\n ;x\rmegaco/01\t<gw-1.example>:65535;y\nPN=1{}", "<gw-1.example>:65535", 1 },
		{ "!/2 [2001:DB8::1.2.3.4]\nPN=1{}", "[2001:DB8::1.2.3.4]", 2 },
		{ "!/2 MTP { 00a1F } PN=1{}", "MTP { 00a1F }", 2 },
		{ "!/2 gw/1@a.b PN=1{}", "gw/1@a.b", 2 },
		{ "AU=0x12345678:0X9abcdef0:0x012345678901234567890123 !/2 m1 PN=1{}", "m1", 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].text), 0);
		CU_ASSERT_EQUAL(msg.version, rows[i].version);
		CU_ASSERT(span_eqs(msg.mid, rows[i].mid));
		CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns);
		CU_ASSERT_EQUAL(msg.txns->kind, MGCO_PENDING);
	}
}

static void
another_version_is_refused_with_406_and_the_mid_known(void)
{
	CU_ASSERT_EQUAL(parse("MEGACO/3 [192.0.2.1]:2944 T=1{C=-{AV=ROOT{AT{}}}}"), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(fault.code, 406);
	CU_ASSERT_EQUAL(msg.version, 3);
	CU_ASSERT(span_eqs(msg.mid, "[192.0.2.1]:2944"));
	CU_ASSERT_PTR_NULL(msg.txns);
}

static void
transactions_of_all_kinds(void)
{
	const struct mgco_txn *t;

	CU_ASSERT_EQUAL_FATAL(
	    parse(HEAD "Pending=5{}P=6{IA,Error=510{\"x\"}}K{1,2-4294967295}T=0{C=-{AV=ROOT{AT{}}}}"), 0);
	t = msg.txns;
	CU_ASSERT(t->kind == MGCO_PENDING && t->id == 5);
	t = t->next;
	CU_ASSERT(t->kind == MGCO_REPLY && t->id == 6 && t->imm_ack);
	CU_ASSERT(t->error && t->error->code == 510 && span_eqs(t->error->text, "x"));
	t = t->next;
	CU_ASSERT(t->kind == MGCO_ACK && t->acks->first == 1 && t->acks->last == 1);
	CU_ASSERT(t->acks->next->first == 2 && t->acks->next->last == UINT32_MAX && !t->acks->next->next);
	t = t->next;
	CU_ASSERT(t->kind == MGCO_REQUEST && t->id == 0 && !t->next);
}

static void
context_ids_and_properties(void)
{
	const struct mgco_action *a;

	CU_ASSERT_EQUAL_FATAL(
	    parse(HEAD "T=1{C=-{AV=ROOT{AT{}}},C=${EG,PR=15,A=$},C=*{CA{PR,TP}},C=4294967293{TP{a,*,OW,"
		       "ST=3,$,b,IS},S=*}}"),
	    0);
	a = msg.txns->actions;
	CU_ASSERT_EQUAL(a->ctx, MGCO_CTX_NULL);
	a = a->next;
	CU_ASSERT(a->ctx == MGCO_CTX_CHOOSE && a->emergency && a->has_priority && a->priority == 15);
	a = a->next;
	CU_ASSERT(a->ctx == MGCO_CTX_ALL && a->context_audit == (1 | 4) && !a->cmds);
	a = a->next;
	CU_ASSERT(a->ctx == 4294967293u && a->has_topology && span_eqs(a->topology->to, "*"));
	CU_ASSERT(a->topology->direction == MGCO_TP_ONEWAY && a->topology->stream == 3);
	CU_ASSERT(span_eqs(a->topology->next->from, "$") && a->topology->next->direction == MGCO_TP_ISOLATE);
}

static void
commands_with_prefixes_and_wildcards(void)
{
	const struct mgco_cmd *c =
	    parse_cmd(REQ("A=ip/1/access/$,O-MF=*/1,o-w-Subtract=*,W-AC=ROOT{AT{MEDIA,SA}},"
			  "MV=a@b.c"));

	CU_ASSERT(c->kind == MGCO_ADD && !c->optional && !c->wildcard && span_eqs(c->term, "ip/1/access/$"));
	c = c->next;
	CU_ASSERT(c->kind == MGCO_MODIFY && c->optional && !c->wildcard && span_eqs(c->term, "*/1"));
	c = c->next;
	CU_ASSERT(c->kind == MGCO_SUBTRACT && c->optional && c->wildcard && span_eqs(c->term, "*"));
	c = c->next;
	CU_ASSERT(c->kind == MGCO_AUDITCAP && !c->optional && c->wildcard);
	CU_ASSERT_EQUAL(c->audit->items, MGCO_AUDIT_MEDIA | MGCO_AUDIT_STATISTICS);
	c = c->next;
	CU_ASSERT(c->kind == MGCO_MOVE && span_eqs(c->term, "a@b.c") && !c->next);
}

static void
stream_with_control_and_descriptions(void)
{
	const struct mgco_stream *s =
	    parse_cmd(
		MEDIA("Stream=2{Local{\r\n\t v=0\r\na=x\r\n\t},O{MO=SR,RV=ON,RG=OFF,ipdc/realm=\"a b\"},R{}}"))
		->media->streams;
	bool on = false;

	CU_ASSERT(s->id == 2 && !s->bare && s->has_local && s->has_remote && s->remote.len == 0);
	CU_ASSERT(span_eqs(s->local, "v=0\r\na=x\r\n"));
	CU_ASSERT(s->lc->mode == MGCO_SENDRECV && s->lc->reserve_value == MGCO_ON &&
		  s->lc->reserve_group == MGCO_OFF);
	CU_ASSERT(span_eqs(mgco_prop_text(mgco_find_prop(s->lc->props, "IPDC/Realm")), "a b"));
	CU_ASSERT(mgco_find_prop(s->lc->props, "ipdc/realm")->values->quoted);
	s = parse_cmd(MEDIA("L{v=0 ;no \"comment\n},TS{SI=OS,BF=OFF,ipra/ar=off}"))->media->streams;
	CU_ASSERT(s->id == 1 && s->bare && span_eqs(s->local, "v=0 ;no \"comment\n"));
	CU_ASSERT_EQUAL(msg.txns->actions->cmds->media->termstate->service, MGCO_SI_OUTOFSERVICE);
	CU_ASSERT_EQUAL(msg.txns->actions->cmds->media->termstate->event_buffer, MGCO_OFF);
	CU_ASSERT_EQUAL(mgco_prop_bool(msg.txns->actions->cmds->media->termstate->props, &on), 0);
	CU_ASSERT_FALSE(on);
}

static void
descriptions_lose_the_escape_and_trailing_blanks_only(void)
{
	static const struct {
		const char *wire, *sdp;
	} rows[] = {
		{ "v=0\n}", "v=0\n" },
		{ "v=0}", "v=0" },
		{ "v=0 \t}", "v=0" },
		{ "v=0 \n \n }", "v=0 \n" },
		{ "v=0\r\n\r\n}", "v=0\r\n" },
		{ "v=0\r\r}", "v=0\r" },
		{ "{\\}\\\\}\\n}", "{}\\}\\n" },
		{ "v\\ }", "v\\" },
		{ "\n \r\n}", "" },
		{ "; v=0\nv=1}", "v=1" },
	};
	char text[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), HEAD "T=1{C=1{MF=t{M{R{%s}}}}", rows[i].wire);
		CU_ASSERT(span_eqs(parse_cmd(text)->media->streams->remote, rows[i].sdp));
	}
}

static void
words_are_made_of_exactly_the_safe_characters(void)
{
	static const char others[] = "+-&!_/'?@^`~*$\\()%|.";
	char text[] = REQ("MF=t{M{O{a/b=x#x}}}");
	char *at = strchr(text, '#');

	for (int c = 1; c < 256; c++) {
		bool safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr(others, c);

		*at = (char)c;
		CU_ASSERT_EQUAL(parse(text) == 0 && msg.txns->actions->cmds->media->streams->lc->props->values->text.len == 3,
		                safe);
	}
}

static void
values_of_every_shape(void)
{
	const struct mgco_prop *p =
	    parse_cmd(LC("x/a=1,x/b=[1,\"2\",0x3],x/c={on},x/d=[5:6],x/e<7,x/f>\"8\",x/g#9,x/h=\"\""))
		->media->streams->lc->props;

	CU_ASSERT(p->shape == MGCO_ONE && p->relation == MGCO_EQUAL && !p->values->quoted);
	p = p->next;
	CU_ASSERT(p->shape == MGCO_LIST && p->values->next->quoted &&
		  span_eqs(p->values->next->next->text, "0x3"));
	CU_ASSERT_PTR_NULL(mgco_prop_text(p).p);
	p = p->next;
	CU_ASSERT(p->shape == MGCO_ALT && span_eqs(p->values->text, "on") && !p->values->next);
	p = p->next;
	CU_ASSERT(p->shape == MGCO_RANGE && span_eqs(p->values->next->text, "6"));
	p = p->next;
	CU_ASSERT(p->relation == MGCO_LESS && span_eqs(p->values->text, "7"));
	p = p->next;
	CU_ASSERT(p->relation == MGCO_GREATER && p->values->quoted);
	p = p->next;
	CU_ASSERT_EQUAL(p->relation, MGCO_NOT_EQUAL);
	p = p->next;
	CU_ASSERT(p->has_value && p->values->quoted && p->values->text.len == 0 && !p->next);
}

static void
events_wanted_seen_and_embedded(void)
{
	const struct mgco_event *e;
	const struct mgco_events *in;

	e = parse_cmd(EVENT("a/b{Stream=3,KA,p=1},c/*{Embed{Signals{s/t},Events=9{d/e{EM{SG}}}}},*/*"))
		->events->events;
	CU_ASSERT(e->stream == 3 && e->keep_active &&
		  span_eqs(mgco_prop_text(mgco_find_prop(e->params, "P")), "1"));
	e = e->next;
	in = e->embed_events;
	CU_ASSERT(span_eqs(e->name, "c/*") && span_eqs(e->embed_signals->signals->name, "s/t") && in &&
		  in->id == 9);
	CU_ASSERT(in->events->embed_signals && !in->events->embed_signals->signals);
	CU_ASSERT(span_eqs(e->next->name, "*/*") && !e->next->next);
	CU_ASSERT(!parse_cmd(REQ("MF=t{Events}"))->events->has_id);
	CU_ASSERT_EQUAL(parse_cmd(REQ("N=t{OE=*{20261121T05300000 : a/b{ST=1,p=\"q r\"},c/d}}"))->observed->id,
			UINT32_MAX);
	e = msg.txns->actions->cmds->observed->events;
	CU_ASSERT(span_eqs(e->timestamp, "20261121T05300000") && span_eqs(e->name, "a/b") && e->stream == 1);
	CU_ASSERT(e->next->timestamp.len == 0 && span_eqs(e->next->name, "c/d"));
}

static void
signals_with_their_parameters_and_lists(void)
{
	const struct mgco_signal *s =
	    parse_cmd(SIGNAL("a/b{ST=1,SY=TO,DR=500,NC={TO,IBS},KA,napt=LATCH},SL=4{c/d,e/f{SY=BR}},"
			     "g/h"))
		->signals->signals;

	CU_ASSERT(s->stream == 1 && s->type == MGCO_SY_TIMEOUT && s->has_duration && s->duration == 500);
	CU_ASSERT(s->notify_on == (1 | 4) && s->keep_active && s->list_id == 0);
	CU_ASSERT(span_eqs(mgco_prop_text(mgco_find_prop(s->params, "napt")), "LATCH"));
	s = s->next;
	CU_ASSERT(s->list_id == 4 && span_eqs(s->name, "c/d") && s->next->list_id == 4 &&
		  s->next->type == MGCO_SY_BRIEF);
	CU_ASSERT(s->next->next->list_id == 0 && !s->next->next->next);
	CU_ASSERT_PTR_NULL(parse_cmd(REQ("MF=t{Signals}"))->signals->signals);
	CU_ASSERT_PTR_NULL(parse_cmd(REQ("MF=t{Signals{ }}"))->signals->signals);
}

static void
services_with_all_parameters(void)
{
	const struct mgco_services *v =
	    parse_cmd(
		SERVICES(
		    "MT=GR,RE=\"905 Gone\",DL=60,AD=[::1]:7,PF=Iq/1,V=2,20261121T05300000,X-a=\"b c\",Media"))
		->services;

	CU_ASSERT(span_eqs(v->method, "Graceful") && span_eqs(v->reason, "905 Gone") && v->has_delay &&
		  v->delay == 60);
	CU_ASSERT(span_eqs(v->address, "[::1]:7") && v->mgc_id.len == 0 && span_eqs(v->profile, "Iq/1"));
	CU_ASSERT(v->has_version && v->version == 2 && span_eqs(v->timestamp, "20261121T05300000"));
	CU_ASSERT(span_eqs(mgco_prop_text(mgco_find_prop(v->ext, "x-A")), "b c"));
	v = parse_cmd(SERVICES("RE=900,MT=X+abc,MG=<a.b>"))->services;
	CU_ASSERT(span_eqs(v->method, "X+abc") && span_eqs(v->reason, "900") && span_eqs(v->mgc_id, "<a.b>"));
	v = parse_cmd(REP("SC=ROOT{SV{V=1,AD=2955}}"))->services;
	CU_ASSERT(v->has_version && v->version == 1 && span_eqs(v->address, "2955") && v->method.len == 0);
}

static void
replies_carry_what_an_audit_returns(void)
{
	const struct mgco_cmd *c =
	    parse_cmd(REP("AV=ROOT{Media,Events,SG,OE,Statistics{a/b,c/d=7},Packages{g-1,nt-2},Modem,"
			  "DM=x{y\"}\"},Error=449{\"a/b\"}}"));

	CU_ASSERT(c->media && !c->media->streams && c->events && c->signals && c->observed && c->has_stats);
	CU_ASSERT(!c->stats->has_value && span_eqs(mgco_prop_text(c->stats->next), "7"));
	CU_ASSERT(c->packages->version == 1 && span_eqs(c->packages->next->name, "nt") &&
		  c->packages->next->version == 2);
	CU_ASSERT_EQUAL(c->error->code, 449);
	c = parse_cmd(REP("AV=Context{t1,t2},AC=C{Error=411{}}"));
	CU_ASSERT(span_eqs(c->term, "t1") && span_eqs(c->next->term, "t2") && c->next->kind == MGCO_AUDITVALUE);
	CU_ASSERT(c->next->next->kind == MGCO_AUDITCAP && c->next->next->error->code == 411);
	parse_cmd(HEAD "P=1{C=1{A=t,Error=430{}}}");
	CU_ASSERT_EQUAL(msg.txns->actions->error->code, 430);
}

static bool
is_part(const struct mgco_audit_part *p, enum mgco_audit_item item, enum mgco_audit_place place, uint32_t id,
	const char *name)
{
	return p && p->item == item && p->place == place && p->id == id && span_eqs(p->name, name);
}

static void
an_audit_may_name_parts_of_descriptors(void)
{
	const struct mgco_audit *a = parse_cmd(REQ("AV=t{AT{M{ST=1{O{MO,ipdc/realm},L},TS{SI}},E=7{a/b},SA{nt/os},SG{SL=3{"
						   "c/d}},PG{g-1},OE}}"))->audit;
	const struct mgco_audit_part *p = a->parts;

	CU_ASSERT_EQUAL(a->items, MGCO_AUDIT_OBSERVED);
	CU_ASSERT(is_part(p, MGCO_AUDIT_MEDIA, MGCO_PLACE_LOCALCONTROL, 1, "Mode"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_MEDIA, MGCO_PLACE_LOCALCONTROL, 1, "ipdc/realm"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_MEDIA, MGCO_PLACE_LOCAL, 1, ""));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_MEDIA, MGCO_PLACE_TERMSTATE, 0, "ServiceStates"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_EVENTS, MGCO_PLACE_WHOLE, 7, "a/b"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_STATISTICS, MGCO_PLACE_WHOLE, 0, "nt/os"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_SIGNALS, MGCO_PLACE_WHOLE, 3, "c/d"));
	CU_ASSERT(is_part(p = p->next, MGCO_AUDIT_PACKAGES, MGCO_PLACE_WHOLE, 0, "g-1"));
	CU_ASSERT_PTR_NULL(p->next);
	CU_ASSERT_EQUAL(parse_cmd(REQ("S=t{AT{}}"))->audit->items, 0);
	CU_ASSERT_PTR_NULL(parse_cmd(REQ("S=t{AT{M,SA}}"))->audit->parts);
}

static void
descriptors_that_we_never_have_are_named(void)
{
	CU_ASSERT_STRING_EQUAL(parse_cmd(REQ("A=t{MD=V18{x},M{O{MO=SR}}}"))->foreign, "Modem");
	CU_ASSERT_STRING_EQUAL(parse_cmd(REQ("MF=t{MX=H221{t}}"))->foreign, "Mux");
	CU_ASSERT_STRING_EQUAL(parse_cmd(REQ("MF=t{DM=d{(1x)}}"))->foreign, "DigitMap");
	CU_ASSERT_STRING_EQUAL(parse_cmd(REQ("MF=t{EB{a/b}}"))->foreign, "EventBuffer");
	CU_ASSERT_PTR_NULL(parse_cmd(REQ("MF=t{EB}"))->foreign);
	CU_ASSERT_PTR_NULL(parse_cmd(REP("A=t{MD=V18}"))->foreign);
}

const char test_suite[] = "mgco_parse";
const struct test_case test_cases[] = {
	TEST(header_gives_version_and_mid),
	TEST(another_version_is_refused_with_406_and_the_mid_known),
	TEST(transactions_of_all_kinds),
	TEST(context_ids_and_properties),
	TEST(commands_with_prefixes_and_wildcards),
	TEST(stream_with_control_and_descriptions),
	TEST(descriptions_lose_the_escape_and_trailing_blanks_only),
	TEST(words_are_made_of_exactly_the_safe_characters),
	TEST(values_of_every_shape),
	TEST(events_wanted_seen_and_embedded),
	TEST(signals_with_their_parameters_and_lists),
	TEST(services_with_all_parameters),
	TEST(replies_carry_what_an_audit_returns),
	TEST(an_audit_may_name_parts_of_descriptors),
	TEST(descriptors_that_we_never_have_are_named),
	{ NULL, NULL },
};
