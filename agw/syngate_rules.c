/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syngate_rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "agw/syngate_cmd.h"
#include "agw/syngate_nft.h"
#include "proto/base/log.h"
#include "proto/base/out.h"

/* Our rules stand at the INPUT hook with the priority of the mangle table: before the host's own filter rules, which
 * an accepted SYN still has to pass. No rule has a bypass: a queue without a reader drops. */
enum {
	SCRIPT_MAX = 65536, /* GATE_ADDRS_MAX rules with long IPv6 addresses are below 16 KiB */
	NAME_BYTES = 24,
	JUMPS_MAX = 8, /* stale jumps that are looked for */
	FAMILIES = 2,
};

static const struct xt_family {
	enum addr_family family;
	const char *tool, *restore;
} xt_families[FAMILIES] = {
	{ ADDR_V4, "iptables", "iptables-restore" },
	{ ADDR_V6, "ip6tables", "ip6tables-restore" },
};

struct syngate_rules {
	bool nft, is_compat;   /* nftables; its queue rule is one of iptables */
	bool has[FAMILIES];    /* iptables: the families that have a chain */
	char name[NAME_BYTES]; /* of the table (nftables) or the chain (iptables) */
	const struct gate_table *table; /* NULL once installed */
	uint16_t num, count;
};

/* Runs the tool on what was written to o. */
static int
feed(const char *const *argv, struct out *o, char *why)
{
	if (o->err) {
		snprintf(why, SYNGATE_WHY_MAX, "rules: %s", err_str(o->err));
		return o->err;
	}
	return syngate_cmd_run(argv, out_get(o), why);
}

/* -- nftables -- */

static int
feed_nft(struct out *o, char *why)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };

	return feed(argv, o, why);
}

/* Adding before deleting makes the deletion legal whether or not a table was left over. */
static void
put_nft_clear(struct out *o, const struct syngate_rules *r)
{
	out_printf(o, "add table inet %s\ndelete table inet %s\n", r->name, r->name);
}

static void
put_nft_range(struct out *o, const struct syngate_rules *r, const struct addr *ip, uint16_t lo, uint16_t hi)
{
	char text[ADDR_TEXT_MAX];

	out_printf(o, "add rule inet %s ports %s daddr %s tcp dport %u-%u goto " SYNGATE_RULES_CHAIN "\n", r->name,
	           ip->family == ADDR_V6 ? "ip6" : "ip", addr_ip_text(ip, text), lo, hi);
}

static void
put_nft_queue(struct out *o, const struct syngate_rules *r)
{
	out_printf(o, "add rule inet %s " SYNGATE_RULES_CHAIN " queue num %u", r->name, r->num);
	if (r->count > 1)
		out_printf(o, "-%u", r->num + r->count - 1u);
	out_char(o, '\n');
}

/* The chain of the SYNs ends with a drop, which is alone there until the queue's rule comes. */
static int
install_nft(struct syngate_rules *r, bool is_compat, char *why)
{
	struct addr ip;
	uint16_t lo, hi;
	struct out o;
	int err;

	snprintf(r->name, sizeof(r->name), "ims_gate_%u", r->num);
	out_init_heap(&o, SCRIPT_MAX);
	put_nft_clear(&o, r);
	out_printf(&o, "add table inet %s\nadd chain inet %s " SYNGATE_RULES_CHAIN "\n", r->name, r->name);
	out_printf(&o, "add chain inet %s ports\n", r->name);
	out_printf(&o, "add chain inet %s input { type filter hook input priority -150; policy accept; }\n", r->name);
	/* Every packet to the host comes by: what is no SYN is to be through with it soon. */
	out_printf(&o, "add rule inet %s input tcp flags & (fin | syn | rst | ack) == syn goto ports\n", r->name);
	if (!is_compat)
		put_nft_queue(&o, r);
	out_printf(&o, "add rule inet %s " SYNGATE_RULES_CHAIN " drop\n", r->name);
	for (unsigned i = 0; gate_table_range(r->table, i, &ip, &lo, &hi); i++)
		put_nft_range(&o, r, &ip, lo, hi);
	err = feed_nft(&o, why);
	out_fini(&o);
	r->nft = err == 0;
	r->is_compat = is_compat;
	return err;
}

static int
remove_nft(struct syngate_rules *r, char *why)
{
	struct out o;
	int err;

	out_init_heap(&o, SCRIPT_MAX);
	put_nft_clear(&o, r);
	err = feed_nft(&o, why);
	out_fini(&o);
	return err;
}

/* For kernels whose nftables cannot queue. */
static int
install_nft_compat(struct syngate_rules *r, char *why)
{
	char ignored[SYNGATE_WHY_MAX];
	int err = install_nft(r, true, why);

	if (err)
		return err;
	err = syngate_nft_queue(r->name, SYNGATE_RULES_CHAIN, r->num, r->count);
	if (!err)
		return 0;
	snprintf(why, SYNGATE_WHY_MAX, "nft_compat: errno %d", -err);
	(void)remove_nft(r, ignored);
	r->nft = false;
	return ERR_UNSUPPORTED;
}

/* -- iptables -- */

static int
feed_xt(const struct xt_family *f, struct out *o, char *why)
{
	const char *const argv[] = { f->restore, "--noflush", "--wait=5", NULL };

	return feed(argv, o, why);
}

static int
remove_xt(const struct syngate_rules *r, const struct xt_family *f, char *why)
{
	struct out o;
	int err;

	out_init_heap(&o, SCRIPT_MAX);
	out_printf(&o, "*mangle\n-D INPUT -j %s\n-F %s\n-X %s\nCOMMIT\n", r->name, r->name, r->name);
	err = feed_xt(f, &o, why);
	out_fini(&o);
	return err;
}

/* What a crashed run left. Failure is the usual case: there was nothing. */
static void
clear_xt(const struct syngate_rules *r, const struct xt_family *f)
{
	const char *const jump[] = { f->tool, "-w", "5", "-t", "mangle", "-D", "INPUT", "-j", r->name, NULL };
	const char *const flush[] = { f->tool, "-w", "5", "-t", "mangle", "-F", r->name, NULL };
	const char *const chain[] = { f->tool, "-w", "5", "-t", "mangle", "-X", r->name, NULL };
	char ignored[SYNGATE_WHY_MAX];

	for (int i = 0; i < JUMPS_MAX && syngate_cmd_run(jump, SPAN_NULL, ignored) == 0; i++)
		log_notice("replacing the syn gate's rules of an earlier run chain=%s tool=%s", r->name, f->tool);
	if (syngate_cmd_run(flush, SPAN_NULL, ignored) == 0)
		(void)syngate_cmd_run(chain, SPAN_NULL, ignored);
}

static void
put_xt_rule(struct out *o, const struct syngate_rules *r, const struct addr *ip, uint16_t lo, uint16_t hi)
{
	char text[ADDR_TEXT_MAX];

	out_printf(o, "-A %s -d %s -p tcp -m tcp --dport %u:%u --syn -j NFQUEUE", r->name, addr_ip_text(ip, text), lo,
	           hi);
	if (r->count > 1)
		out_printf(o, " --queue-balance %u:%u\n", r->num, r->num + r->count - 1u);
	else
		out_printf(o, " --queue-num %u\n", r->num);
}

/* Chain, rules and jump appear in one transaction. *has tells whether the family has ranges at all. */
static int
install_xt_family(const struct syngate_rules *r, const struct xt_family *f, bool *has, char *why)
{
	struct addr ip;
	uint16_t lo, hi;
	struct out o;
	int err = 0;

	clear_xt(r, f);
	*has = false;
	out_init_heap(&o, SCRIPT_MAX);
	out_printf(&o, "*mangle\n:%s - [0:0]\n-A %s -p tcp ! --syn -j RETURN\n", r->name, r->name);
	for (unsigned i = 0; gate_table_range(r->table, i, &ip, &lo, &hi); i++) {
		if (ip.family != f->family)
			continue;
		put_xt_rule(&o, r, &ip, lo, hi);
		*has = true;
	}
	out_printf(&o, "-I INPUT 1 -j %s\nCOMMIT\n", r->name);
	if (*has)
		err = feed_xt(f, &o, why);
	if (err)
		*has = false;
	out_fini(&o);
	return err;
}

static int
install_xt(struct syngate_rules *r, char *why)
{
	char ignored[SYNGATE_WHY_MAX];
	int err = 0;

	snprintf(r->name, sizeof(r->name), "IMS-GATE-%u", r->num);
	for (unsigned i = 0; i < FAMILIES && !err; i++)
		err = install_xt_family(r, &xt_families[i], &r->has[i], why);
	for (unsigned i = 0; err && i < FAMILIES; i++)
		if (r->has[i])
			(void)remove_xt(r, &xt_families[i], ignored);
	return err;
}

/* -- either -- */

struct syngate_rules *
syngate_rules_install(const struct gate_table *t, uint16_t num, uint16_t count, char *why)
{
	struct syngate_rules *r = calloc(1, sizeof(*r));
	char why_nft[SYNGATE_WHY_MAX], why_compat[SYNGATE_WHY_MAX], why_xt[SYNGATE_WHY_MAX];

	if (!r) {
		snprintf(why, SYNGATE_WHY_MAX, "out of memory");
		return NULL;
	}
	r->table = t;
	r->num = num;
	r->count = count;
	if (install_nft(r, false, why_nft) != 0 && install_nft_compat(r, why_compat) != 0 && install_xt(r, why_xt) != 0) {
		snprintf(why, SYNGATE_WHY_MAX, "no rules: %.70s; %.70s", why_nft, why_xt);
		free(r);
		return NULL;
	}
	r->table = NULL;
	return r;
}

void
syngate_rules_remove(struct syngate_rules *r)
{
	char why[SYNGATE_WHY_MAX];
	int err = 0;

	if (!r)
		return;
	if (r->nft)
		err = remove_nft(r, why);
	for (unsigned i = 0; i < FAMILIES && !r->nft; i++)
		if (r->has[i])
			err = remove_xt(r, &xt_families[i], why);
	if (err)
		log_warning("the syn gate's rules stay behind name=%s: %s", r->name, why);
	free(r);
}

const char *
syngate_rules_tool(const struct syngate_rules *r)
{
	return !r->nft ? "iptables" : r->is_compat ? "nft_compat" : "nftables";
}

const char *
syngate_rules_table(const struct syngate_rules *r)
{
	return r->nft ? r->name : NULL;
}
