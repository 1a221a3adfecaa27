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

/* Each class of mistake: what to say about it and where it was seen. */
static const struct {
	const char *text;
	uint32_t code;
	const char *near;
} wrong[] = {
	/* the message */
	{ "", 400, "" },
	{ "GET / HTTP/1.1", 400, "GET / HTTP/1.1" },
	{ "MEGACO [192.0.2.1] PN=1{}", 400, "MEGACO [192.0.2.1] PN=1{}" },
	{ "MEGACO/x [192.0.2.1] PN=1{}", 400, "MEGACO/x [192.0.2.1] PN=1{}" },
	{ "MEGACO/2[192.0.2.1] PN=1{}", 400, "[192.0.2.1] PN=1{}" },
	{ "MEGACO/2 [192.0.2.1]PN=1{}", 400, "PN=1{}" },
	{ "MEGACO/2 [192.0.2.g] PN=1{}", 410, "g] PN=1{}" },
	{ "MEGACO/2 [] PN=1{}", 410, "] PN=1{}" },
	{ "MEGACO/2 <-x> PN=1{}", 410, "-x> PN=1{}" },
	{ "MEGACO/2 <x>:65536 PN=1{}", 410, "65536 PN=1{}" },
	{ "MEGACO/2 <x>: PN=1{}", 410, " PN=1{}" },
	{ "MEGACO/2 MTP{12} PN=1{}", 410, "12} PN=1{}" },
	{ "MEGACO/2 MTP{12345 PN=1{}", 400, "PN=1{}" },
	{ "MEGACO/2 1gw PN=1{}", 410, "1gw PN=1{}" },
	{ "AU=0x1:0x2:0x3 !/2 m PN=1{}", 400, "0x1:0x2:0x3 !/2 m PN=1{}" },
	{ HEAD, 400, "" },
	{ HEAD "Add=t", 400, "Add=t" },
	{ HEAD "Error=400{} PN=1{}", 400, "PN=1{}" },
	{ HEAD "PN=1{} Error=400{}", 400, "Error=400{}" },
	{ HEAD "PN=1{} }", 400, "}" },
	{ HEAD "Error=12345{}", 400, "12345{}" },
	{ HEAD "Error=400{\"x}\n\"", 400, "\"x}" },
	/* a transaction */
	{ HEAD "PN=1{", 403, "" },
	{ HEAD "PN=1", 403, "" },
	{ HEAD "T{}", 403, "{}" },
	{ HEAD "T=x{}", 403, "x{}" },
	{ HEAD "T=4294967296{}", 403, "4294967296{}" },
	{ HEAD "T=1{}", 403, "}" },
	{ HEAD "T=1{Add=t}", 403, "Add=t}" },
	{ HEAD "P=1{IA}", 403, "}" },
	{ HEAD "P=1{Error=400{},C=1{A=t}}", 403, ",C=1{A=t}}" },
	{ HEAD "T=1{Error=400{}}", 403, "Error=400{}}" },
	{ HEAD "K{}", 403, "}" },
	{ HEAD "K{5-4}", 403, "}" },
	{ HEAD "K{1-}", 403, "}" },
	/* an action */
	{ HEAD "T=1{C=1{}}", 422, "}}" },
	{ HEAD "T=1{C=0{A=t}}", 410, "0{A=t}}" },
	{ HEAD "T=1{C=4294967294{A=t}}", 410, "4294967294{A=t}}" },
	{ HEAD "T=1{C{A=t}}", 422, "{A=t}}" },
	{ HEAD "T=1{C=1{PR=16,A=t}}", 422, "16,A=t}}" },
	{ HEAD "T=1{C=1{EG,EG}}", 422, "EG}}" },
	{ HEAD "T=1{C=1{TP{a,b}}}", 422, "}}}" },
	{ HEAD "T=1{C=1{TP{a,b,c}}}", 422, "c}}}" },
	{ HEAD "T=1{C=1{CA{Media}}}", 422, "Media}}}" },
	{ HEAD "T=1{C=1{A=t S=u}}", 422, "S=u}}" },
	{ REP("Error=411{},A=t"), 422, "A=t}}" },
	{ REQ("Error=411{}"), 443, "Error=411{}}}" },
	/* a command */
	{ REQ("Frob=t"), 443, "Frob=t}}" },
	{ REQ("W-O-Add=t"), 443, "W-O-Add=t}}" },
	{ REQ("Add"), 442, "}}" },
	{ REQ("Add=1"), 410, "1}}" },
	{ REQ("Add=/a"), 410, "/a}}" },
	{ REQ("Add=t{}"), 442, "}}}" },
	{ REQ("Add=t{Frob}"), 444, "Frob}}}" },
	{ REQ("Add=t{Statistics{a/b}}"), 447, "Statistics{a/b}}}}" },
	{ REQ("Subtract=t{Events}"), 447, "Events}}}" },
	{ REP("Notify=t{Events}"), 447, "Events}}}" },
	{ REQ("Add=t{Events,Events}"), 448, "Events}}}" },
	{ REQ("Notify=t{Error=1{}}"), 442, "}}" },
	{ REQ("ServiceChange=ROOT"), 442, "}}" },
	{ REQ("AV=t{Audit}"), 442, "}}}" },
	{ REQ("AV=t{Audit{Frob}}"), 444, "Frob}}}}" },
	{ HEAD "T=1{C=1{AV=t{Audit{Media{}", 442, "}" },
	{ HEAD "P=1{C=1{AV=t{Modem{[", 442, "" },
	{ REQ("Add=t{Media"), 442, "}}" },
	{ MEDIA(""), 442, "}}}}" },
	/* media */
	{ MEDIA("Frob{}"), 444, "Frob{}}}}}" },
	{ MEDIA("Stream=1{}"), 442, "}}}}}" },
	{ MEDIA("Stream=65536{L{}}"), 410, "65536{L{}}}}}}" },
	{ MEDIA("Stream=1{L{}},Stream=1{R{}}"), 448, "1{R{}}}}}}" },
	{ MEDIA("Stream=1{L{},L{}}"), 448, "L{}}}}}}" },
	{ MEDIA("Stream=1{Frob}"), 444, "Frob}}}}}" },
	{ MEDIA("L{},Stream=1{R{}}"), 448, "1{R{}}}}}}" },
	{ MEDIA("Stream=1{R{}},L{}"), 442, "L{}}}}}" },
	{ MEDIA("TS{SI=IV},TS{SI=IV}"), 448, "TS{SI=IV}}}}}" },
	{ MEDIA("TS{SI=OFF}"), 442, "OFF}}}}}" },
	{ MEDIA("TS{BF=ON}"), 442, "ON}}}}}" },
	{ LC(""), 442, "}}}}}" },
	{ LC("MO=ON"), 442, "ON}}}}}" },
	{ LC("MO=SR,MO=SR"), 456, "MO=SR}}}}}" },
	{ LC("realm=x"), 410, "realm=x}}}}}" },
	{ LC("a/b=1,A/B=2"), 456, "A/B=2}}}}}" },
	{ LC("a/b"), 442, "}}}}}" },
	{ LC("a/b="), 442, "}}}}}" },
	{ LC("a/b=[1:2:3]"), 442, ":3]}}}}}" },
	{ LC("a/b={1:2}"), 442, ":2}}}}}}" },
	{ LC("a/b=[]"), 442, "]}}}}}" },
	{ LC("a/b=<5"), 442, "<5}}}}}" },
	{ LC("a/b=\"x"), 442, "\"x}}}}}" },
	/* events, signals, services */
	{ REQ("MF=t{Events=1}"), 442, "}}}" },
	{ EVENT(""), 442, "}}}}" },
	{ EVENT("cause"), 410, "cause}}}}" },
	{ EVENT("a/b{c/d=1}"), 410, "c/d=1}}}}}" },
	{ EVENT("a/b{c=1,c=1}"), 442, "c=1}}}}}" },
	{ EVENT("a/b{DM=x}"), 446, "DM=x}}}}}" },
	{ EVENT("a/b{KA,EM{SG}}"), 442, "EM{SG}}}}}}" },
	{ EVENT("a/b{EM{E=1{c/d{EM{E=2{e/f}}}}}}"), 442, "E=2{e/f}}}}}}}}}}" },
	{ EVENT("a/b{EM{E,SG}}"), 442, "SG}}}}}}" },
	{ EVENT("20261121T05300000:a/b"), 410, "20261121T05300000:a/b}}}}" },
	{ REQ("N=t{OE}"), 442, "}}}" },
	{ REQ("N=t{OE=1{20261121T0530000:a/b}}"), 410, "20261121T0530000:a/b}}}}" },
	{ REQ("N=t{OE=x{a/b}}"), 410, "x{a/b}}}}" },
	{ SIGNAL("a"), 410, "a}}}}" },
	{ SIGNAL("a/b{SY=XX}"), 442, "XX}}}}}" },
	{ SIGNAL("a/b{DR=65536}"), 442, "65536}}}}}" },
	{ SIGNAL("a/b{NC={Frob}}"), 442, "Frob}}}}}}" },
	{ SIGNAL("SL=0{a/b}"), 410, "0{a/b}}}}}" },
	{ SIGNAL("SL=1{}"), 442, "}}}}}" },
	{ SERVICES("MT=RS"), 442, "}}}" },
	{ SERVICES("RE=\"900\""), 442, "}}}" },
	{ SERVICES("MT=Frob,RE=\"900\""), 442, "Frob,RE=\"900\"}}}}" },
	{ SERVICES("MT=RS,MT=RS,RE=\"900\""), 442, "MT=RS,RE=\"900\"}}}}" },
	{ SERVICES("MT=RS,RE=\"900\",AD=1,MG=a"), 442, "}}}" },
	{ SERVICES("MT=RS,RE=\"900\",V=100"), 442, "100}}}}" },
	{ SERVICES("MT=RS,RE=\"900\",PF=Iq"), 442, "Iq}}}}" },
	{ SERVICES("MT=RS,RE=\"900\",Frob=1"), 442, "Frob=1}}}}" },
	{ SERVICES("MT=RS,RE=\"900\",X-1234567=1"), 442, "X-1234567=1}}}}" },
	{ REP("SC=ROOT{SV{Media}}"), 442, "Media}}}}" },
	{ REP("AV=t{PG{g}}"), 410, "g}}}}" },
	{ REP("AV=t{PG{g-65536}}"), 410, "g-65536}}}}" },
	{ REP("AV=t{SA{os=1}}"), 410, "os=1}}}}" },
};

static void
each_mistake_is_reported_with_its_code_and_place(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int err = parse(wrong[i].text);
		bool ok = err == ERR_SYNTAX && fault.code == wrong[i].code && fault.why && fault.line >= 1 &&
			  (span_eqs(fault.near, wrong[i].near) || fault.near.len == 40);

		CU_ASSERT(ok);
		if (!ok)
			printf("\n%s\n  want %u at \"%s\", got err %d, %u at \"%.*s\": %s\n", wrong[i].text,
			       wrong[i].code, wrong[i].near, err, fault.code, SPAN_FMT(fault.near),
			       fault.why ? fault.why : "");
	}
}

static void
a_fault_in_a_request_names_the_transaction_and_the_line(void)
{
	CU_ASSERT_EQUAL(parse(HEAD "T=1{C=1{A=t}}\r\nT=2{C=1{\r;c\n\nFrob=t}}"), ERR_SYNTAX);
	CU_ASSERT(fault.has_txn && fault.txn == 2 && fault.code == 443);
	CU_ASSERT_EQUAL(fault.line, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns);
	CU_ASSERT(msg.txns->id == 1 && !msg.txns->next);
	CU_ASSERT_EQUAL(parse(HEAD "P=2{C=1{Frob=t}}"), ERR_SYNTAX);
	CU_ASSERT_FALSE(fault.has_txn);
	CU_ASSERT_EQUAL(parse(HEAD "T=3{C=1{A=t}} Frob"), ERR_SYNTAX);
	CU_ASSERT_FALSE(fault.has_txn);
	CU_ASSERT_EQUAL(mgco_parse(&arena, span_str("x"), &msg, NULL), ERR_SYNTAX);
}

static void
octet_zero_is_refused_everywhere(void)
{
	static const char text[] = HEAD "T=1{C=1{MF=t{M{R{v=0\0}}}}}";
	static const char outside[] = HEAD "\0T=1{C=1{A=t}}";

	parse("");
	CU_ASSERT_EQUAL(mgco_parse(&arena, span_of(text, sizeof(text) - 1), &msg, &fault), ERR_SYNTAX);
	CU_ASSERT_EQUAL(fault.code, 442);
	CU_ASSERT_EQUAL(mgco_parse(&arena, span_of(outside, sizeof(outside) - 1), &msg, &fault), ERR_SYNTAX);
	CU_ASSERT_EQUAL(fault.near.len, 0);
}

/* head, n times item joined by commas, tail. */
static int
parse_many(const char *head, const char *item, bool numbered, unsigned n, const char *tail)
{
	struct out o;
	int err;

	out_init_heap(&o, 4 * MGCO_MESSAGE_MAX);
	out_str(&o, head);
	for (unsigned i = 0; i < n; i++) {
		out_str(&o, i ? "," : "");
		out_str(&o, item);
		if (numbered)
			out_u64(&o, i);
		out_str(&o, numbered ? "=1" : "");
	}
	out_str(&o, tail);
	err = parse(out_cstr(&o));
	CU_ASSERT_EQUAL(o.err, 0);
	msg = (struct mgco_msg){ 0 }; /* it points into o */
	fault.near = SPAN_NULL;
	out_fini(&o);
	return err;
}

static void
limits_are_errors_and_not_memory(void)
{
	char deep[] = REP("AV=t{DM=x{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}");

	CU_ASSERT_EQUAL(parse_many(HEAD "T=1{C=1{MF=t{M{O{", "a/b", true, MGCO_PROPS_MAX, "}}}}}"), 0);
	CU_ASSERT_EQUAL(parse_many(HEAD "T=1{C=1{MF=t{M{O{", "a/b", true, MGCO_PROPS_MAX + 1, "}}}}}"),
			ERR_TOOBIG);
	CU_ASSERT_EQUAL(fault.code, 510);
	CU_ASSERT_EQUAL(parse_many(HEAD "K{", "1", false, MGCO_ACK_RANGES_MAX, "}"), 0);
	CU_ASSERT_EQUAL(parse_many(HEAD "K{", "1", false, MGCO_ACK_RANGES_MAX + 1, "}"), ERR_TOOBIG);
	CU_ASSERT_EQUAL(fault.code, 403);
	CU_ASSERT_EQUAL(parse_many(HEAD "T=1{C=1{", "A=t", false, MGCO_NODES_MAX - 2, "}}"), 0);
	CU_ASSERT_EQUAL(parse_many(HEAD "T=1{C=1{", "A=t", false, MGCO_NODES_MAX - 1, "}}"), ERR_TOOBIG);
	CU_ASSERT(fault.code == 510 && fault.has_txn && fault.txn == 1);
	CU_ASSERT_EQUAL(parse_many(HEAD "T=1{C=1{", "A=tttttttttt", false, 6000, "}}"), ERR_TOOBIG);
	CU_ASSERT_EQUAL(parse(deep), 0); /* passed over without recursion */
}

static void
an_exhausted_arena_is_reported(void)
{
	static const char text[] = REQ("MF=t{M{R{v=0\na=\\}\n}},SG{a/b{c=1}},E=1{a/b{EM{SG{c/d}}}}}");
	int err = ERR_NOMEM;
	size_t limit;

	for (limit = 0; limit < 100000 && err; limit += 16) {
		struct arena small;

		arena_init(&small, limit);
		err = mgco_parse(&small, span_str(text), &msg, &fault);
		CU_ASSERT(err == 0 || (err == ERR_NOMEM && fault.code == 510));
		arena_fini(&small);
	}
	CU_ASSERT_EQUAL(err, 0);
	arena_fini(&arena);
}

const char test_suite[] = "mgco_reject";
const struct test_case test_cases[] = {
	TEST(each_mistake_is_reported_with_its_code_and_place),
	TEST(a_fault_in_a_request_names_the_transaction_and_the_line),
	TEST(octet_zero_is_refused_everywhere),
	TEST(limits_are_errors_and_not_memory),
	TEST(an_exhausted_arena_is_reported),
	{ NULL, NULL },
};
