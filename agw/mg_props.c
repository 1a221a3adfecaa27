/* SPDX-License-Identifier: BSD-2-Clause */
/* The properties of LocalControl: one table for what a controller may say, what an audit tells, and what could be said. */
#include "agw/mg_priv.h"

enum { DSCP_MAX = 63, JIT_MAX = 65535 };

enum kind { FLAG, NUMBER, OTHER };

typedef int (*read_fn)(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c);
/* Appends it to the list; what has its default only with all. */
typedef void (*print_fn)(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c,
                         bool all);
typedef void (*caps_fn)(struct mg_exec *x, struct mgco_prop **list, const char *name);

struct row {
	enum iq_name name;
	enum kind kind;
	bool always;   /* told by audits when it has its default, too */
	size_t offset; /* FLAG, NUMBER: in struct term_control */
	uint32_t lo, hi; /* numbers, also of OTHER */
	read_fn read;
	print_fn print;
	caps_fn caps;
};

/* ---- values ---- */

static int
read_address(struct mg_exec *x, const struct mgco_prop *p, struct span text, struct addr *a)
{
	return addr_parse_ip(text, a) == 0 && !addr_is_any(a) ? 0 : mg_fail_value(x, p);
}

/* "255.255.255.0": how many bits, or 0 when it is no mask. */
static uint8_t
bits_of_netmask(const struct addr *a)
{
	unsigned n = 0, bits = addr_bits(a->family);

	while (n < bits && a->ip[n / 8] & 0x80 >> n % 8)
		n++;
	for (unsigned i = n; i < bits; i++)
		if (a->ip[i / 8] & 0x80 >> i % 8)
			return 0;
	return (uint8_t)n;
}

/* ---- gm/sam: "192.0.2.0/24", "192.0.2.0/255.255.255.0", "2001:db8::/32"; for the Remote's address "/24", "24" or
 * "255.255.255.0"; an address alone is that one ---- */

static int
read_prefix(struct mg_exec *x, const struct mgco_prop *p, struct span text, const struct addr *of, uint8_t *bits)
{
	unsigned most = of->family != ADDR_NONE ? addr_bits(of->family) : addr_bits(ADDR_V6);
	struct addr mask;
	uint32_t n = 0;

	if (span_u32(text, most, &n) == 0 && n > 0) {
		*bits = (uint8_t)n;
		return 0;
	}
	if (addr_parse_ip(text, &mask) != 0 || (of->family != ADDR_NONE && mask.family != of->family) ||
	    !(*bits = bits_of_netmask(&mask)))
		return mg_fail_value(x, p);
	return 0;
}

static int
read_sam(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	struct span text = span_trim(mgco_prop_text(p)), rest = text, first = span_cut(&rest, '/');
	struct addr none = { .family = ADDR_NONE }, a;
	int err;

	if (rest.p) { /* with a mask */
		if (first.len && (err = read_address(x, p, first, &c->sam)))
			return err;
		return read_prefix(x, p, rest, &c->sam, &c->sam_bits);
	}
	if (addr_parse_ip(text, &a) == 0 && !bits_of_netmask(&a)) {
		c->sam = a;
		c->sam_bits = (uint8_t)addr_bits(a.family);
		return addr_is_any(&a) ? mg_fail_value(x, p) : 0;
	}
	return read_prefix(x, p, text, &none, &c->sam_bits);
}

static void
print_sam(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	char ip[ADDR_TEXT_MAX] = "";

	(void)all; /* without it there is no value to tell, here and below */
	if (c->sam.family != ADDR_NONE)
		(void)addr_ip_text(&c->sam, ip);
	if (c->sam_bits)
		mgco_add_prop(x->arena, list, name, arena_printf(x->arena, "%s/%u", ip, c->sam_bits), true);
}

/* ---- gm/spr: a port, [lo:hi], or "lo-hi" ---- */

static int
read_spr(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	struct span hi = span_trim(mgco_prop_text(p)), lo = hi;
	uint32_t a, b;

	if (p->shape == MGCO_RANGE) {
		lo = p->values->text;
		hi = p->values->next->text;
	} else if (span_find(hi, '-') >= 0) {
		lo = span_cut(&hi, '-');
	} else if (span_find(hi, ':') >= 0) {
		lo = span_cut(&hi, ':');
	}
	if (span_u32(span_trim(lo), 65535, &a) != 0 || span_u32(span_trim(hi), 65535, &b) != 0 || a == 0 || a > b)
		return mg_fail_value(x, p);
	c->spr_lo = (uint16_t)a;
	c->spr_hi = (uint16_t)b;
	return 0;
}

static void
print_spr(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	(void)all;
	if (c->spr_lo)
		mg_put_range(x, list, name, c->spr_lo, c->spr_hi);
}

static void
caps_spr(struct mg_exec *x, struct mgco_prop **list, const char *name)
{
	mg_put_range(x, list, name, 1, 65535);
}

/* ---- gm/lsa ---- */

static int
read_lsa(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	return read_address(x, p, mgco_prop_text(p), &c->lsa);
}

static void
print_lsa(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	char ip[ADDR_TEXT_MAX];

	(void)all;
	if (c->lsa.family != ADDR_NONE)
		mgco_add_prop(x->arena, list, name, arena_span(x->arena, span_str(addr_ip_text(&c->lsa, ip))), true);
}

/* ---- gm/rsb: a second port for RTCP; there is no RTCP with TCP ---- */

static int
read_rsb(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	bool on;

	(void)c;
	return mgco_prop_bool(p, &on) != 0 || on ? mg_fail_value(x, p) : 0;
}

static void
print_rsb(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	(void)c;
	if (all)
		mgco_add_prop(x->arena, list, name, SPAN_LIT("OFF"), false);
}

static void
caps_rsb(struct mg_exec *x, struct mgco_prop **list, const char *name)
{
	mgco_add_prop(x->arena, list, name, SPAN_LIT("OFF"), false);
}

/* ---- ds ---- */

static int
read_dscp(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	uint32_t v;

	c->wants_dscp = p->values && !p->values->quoted && span_eqs(mgco_prop_text(p), "$");
	if (c->wants_dscp)
		return 0;
	if (mgco_prop_u32(p, &v) != 0 || v > DSCP_MAX)
		return mg_fail_value(x, p);
	c->has_dscp = true;
	c->dscp = (uint8_t)v;
	return 0;
}

static void
print_dscp(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	(void)all;
	if (c->has_dscp)
		mgco_add_prop(x->arena, list, name, arena_printf(x->arena, "0x%02x", c->dscp), false);
}

static void
caps_dscp(struct mg_exec *x, struct mgco_prop **list, const char *name)
{
	struct mgco_prop *p = mgco_add_prop(x->arena, list, name, SPAN_LIT("0x00"), false);

	if (!p || !p->values || !(p->values->next = ARENA_NEW(x->arena, struct mgco_text)))
		return;
	p->shape = MGCO_RANGE;
	p->values->next->text = SPAN_LIT("0x3f");
}

static int
read_tb(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	bool on;

	if (mgco_prop_bool(p, &on) != 0)
		return mg_fail_value(x, p);
	c->copies_dscp = !on;
	return 0;
}

static void
print_tb(struct mg_exec *x, struct mgco_prop **list, const char *name, const struct term_control *c, bool all)
{
	if (c->copies_dscp || all)
		mgco_add_prop(x->arena, list, name, c->copies_dscp ? SPAN_LIT("OFF") : SPAN_LIT("ON"), false);
}

/* ---- the table ---- */

#define OFFSET(field) offsetof(struct term_control, field)
static const struct row rows[] = {
	{ IQ_GM_SAF, FLAG, true, OFFSET(saf), 0, 0, NULL, NULL, NULL },
	{ IQ_GM_SAM, OTHER, false, 0, 0, 0, read_sam, print_sam, NULL },
	{ IQ_GM_SPF, FLAG, true, OFFSET(spf), 0, 0, NULL, NULL, NULL },
	{ IQ_GM_SPR, OTHER, false, 0, 1, UINT16_MAX, read_spr, print_spr, caps_spr },
	{ IQ_GM_ESAS, FLAG, false, OFFSET(esas), 0, 0, NULL, NULL, NULL },
	{ IQ_GM_LSA, OTHER, false, 0, 0, 0, read_lsa, print_lsa, NULL },
	{ IQ_GM_ESPS, FLAG, false, OFFSET(esps), 0, 0, NULL, NULL, NULL },
	{ IQ_GM_LSP, NUMBER, false, OFFSET(lsp), 1, UINT16_MAX, NULL, NULL, NULL },
	{ IQ_GM_RSB, OTHER, false, 0, 0, 0, read_rsb, print_rsb, caps_rsb },
	{ IQ_TCP_DISCARD, FLAG, true, OFFSET(discard), 0, 0, NULL, NULL, NULL },
	{ IQ_SEP_LINK, FLAG, true, OFFSET(link), 0, 0, NULL, NULL, NULL },
	{ IQ_DS_DSCP, OTHER, false, 0, 0, DSCP_MAX, read_dscp, print_dscp, caps_dscp },
	{ IQ_DS_TB, OTHER, false, 0, 0, 0, read_tb, print_tb, NULL },
	{ IQ_TMAN_POL, FLAG, false, OFFSET(pol), 0, 0, NULL, NULL, NULL },
	{ IQ_TMAN_PDR, NUMBER, false, OFFSET(pdr), 1, TMAN_RATE_MAX, NULL, NULL, NULL },
	{ IQ_TMAN_DVT, NUMBER, false, OFFSET(dvt), 1, UINT32_MAX, NULL, NULL, NULL },
	{ IQ_TMAN_SDR, NUMBER, false, OFFSET(sdr), 1, TMAN_RATE_MAX, NULL, NULL, NULL },
	{ IQ_TMAN_MBS, NUMBER, false, OFFSET(mbs), 1, TMAN_RATE_MAX, NULL, NULL, NULL },
	{ IQ_NT_JIT, NUMBER, false, OFFSET(jit), 0, JIT_MAX, NULL, NULL, NULL },
};
#undef OFFSET
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int
read_row(struct mg_exec *x, const struct row *row, const struct mgco_prop *p, struct term_control *c)
{
	char *at = (char *)c + row->offset;
	bool on;
	uint32_t v;

	if (p->shape != MGCO_ONE && !(p->shape == MGCO_RANGE && row->name == IQ_GM_SPR))
		return mg_fail_value(x, p);
	switch (row->kind) {
	case FLAG:
		if (mgco_prop_bool(p, &on) != 0)
			return mg_fail_value(x, p);
		memcpy(at, &on, sizeof(on));
		return 0;
	case NUMBER:
		if (mgco_prop_u32(p, &v) != 0 || v < row->lo || v > row->hi)
			return mg_fail_value(x, p);
		memcpy(at, &v, sizeof(v));
		return 0;
	case OTHER:
		break;
	}
	return row->read(x, p, c);
}

struct reading {
	const struct row *row;
	struct term_control *to;
};

static int
read_value(struct mg_exec *x, const struct mgco_prop *p, void *arg)
{
	struct reading *r = arg;

	return read_row(x, r->row, p, r->to);
}

int
mg_read_control_prop(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c)
{
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		bool is_flag = row->kind == FLAG || row->name == IQ_DS_TB || row->name == IQ_GM_RSB;
		const char *preset = row->name == IQ_DS_DSCP ? "$" : !is_flag ? NULL : row->name == IQ_DS_TB ? "ON" : "OFF";
		struct mg_choice choice = { .is_flag = is_flag, .lo = row->lo, .hi = row->hi, .preset = preset };
		struct reading r = { row, c };

		if (!iq_name_is(x->names, row->name, p->name))
			continue;
		return mg_is_choice(x, p) ? mg_choose(x, p, &choice, read_value, &r) : read_row(x, row, p, c);
	}
	return mg_fail_unknown(x, 445, p->name);
}

/* What only the whole descriptor can tell. */
int
mg_check_control(struct mg_exec *x, const struct term_control *c)
{
	const struct iq_names *n = x->names;

	if (c->pol && !c->pdr && !c->sdr)
		return mg_failf(x, 449, "%s = ON without %s or %s", n->text[IQ_TMAN_POL], n->text[IQ_TMAN_PDR],
		                n->text[IQ_TMAN_SDR]);
	if (c->esas && c->lsa.family == ADDR_NONE)
		return mg_failf(x, 449, "%s = ON without %s", n->text[IQ_GM_ESAS], n->text[IQ_GM_LSA]);
	return 0;
}

void
mg_put_control(struct mg_exec *x, struct mgco_prop **list, const struct term_control *c, bool all)
{
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const char *at = (const char *)c + row->offset, *name = x->names->text[row->name];
		bool on = false;
		uint32_t v = 0;

		if (row->kind == FLAG) {
			memcpy(&on, at, sizeof(on));
			if (on || all || row->always)
				mgco_add_prop(x->arena, list, name, on ? SPAN_LIT("ON") : SPAN_LIT("OFF"), false);
		} else if (row->kind == NUMBER) {
			memcpy(&v, at, sizeof(v));
			if (v)
				mgco_add_prop(x->arena, list, name, arena_printf(x->arena, "%u", v), false);
		} else {
			row->print(x, list, name, c, all);
		}
	}
}

void
mg_put_control_caps(struct mg_exec *x, struct mgco_prop **list)
{
	static const char *const flag[] = { "ON", "OFF", NULL };

	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const char *name = x->names->text[row->name];

		if (row->caps)
			row->caps(x, list, name);
		else if (row->kind == NUMBER)
			mg_put_range(x, list, name, row->lo, row->hi);
		else if (row->kind == FLAG || row->name == IQ_DS_TB)
			mg_put_choice(x, list, name, flag);
	}
}
