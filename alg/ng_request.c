/* SPDX-License-Identifier: BSD-2-Clause */
/* An NG dictionary as a struct alg_request: rtpengine's spellings and our own keys. */
#include "alg/front_ng.h"
#include "alg/setup.h"

/* One word of rtpp-flags, treated as the proxy's module would have: direction=x adds to a list, k=v is a key of its own,
 * anything else a flag. */
static void
expand_word(struct arena *a, struct ng_val *dict, struct ng_val *flags, struct ng_val *direction, struct span word)
{
	ptrdiff_t eq = span_find(word, '=');
	struct span key, value;

	if (eq <= 0) {
		ng_add_str(a, flags, NULL, word);
		return;
	}
	key = arena_span(a, span_of(word.p, (size_t)eq));
	value = span_of(word.p + eq + 1, word.len - (size_t)eq - 1);
	if (!key.p)
		return;
	if (span_eqs(key, "direction"))
		ng_add_str(a, direction, NULL, value);
	else
		ng_add_str(a, dict, key.p, value);
}

static void
expand_flags(struct arena *a, struct ng_val *dict)
{
	struct span rest = ng_get_str(dict, "rtpp-flags"), word;
	struct ng_val *flags, *direction;

	if (!rest.len)
		return;
	flags = ng_add_list(a, dict, "flags");
	direction = ng_add_list(a, dict, "direction");
	while ((word = span_word(&rest)).len)
		expand_word(a, dict, flags, direction, word);
}

static bool
read_side(struct span name, const struct front_ng_conf *conf, enum side *s)
{
	if (span_caseeqs(name, conf->access_realm))
		*s = SIDE_ACCESS;
	else if (span_caseeqs(name, conf->core_realm))
		*s = SIDE_CORE;
	else
		return false;
	return true;
}

static int
read_direction(const struct ng_val *dict, const struct front_ng_conf *conf, struct alg_request *req, const char **why)
{
	const struct ng_val *v = ng_get_list(dict, "direction");
	enum side to;

	if (!v || !v->first)
		return 0;
	if (v->first->kind != NG_STRING || !read_side(v->first->str, conf, &req->from)) {
		*why = "Unknown realm in direction";
		return ERR_SYNTAX;
	}
	to = side_other(req->from);
	if (v->first->next &&
	    (v->first->next->kind != NG_STRING || !read_side(v->first->next->str, conf, &to) || to == req->from)) {
		*why = "Unknown or same realm in direction";
		return ERR_SYNTAX;
	}
	req->has_direction = true;
	return 0;
}

static void
read_received_from(const struct ng_val *dict, struct alg_request *req)
{
	const struct ng_val *v = ng_get_list(dict, "received-from");

	if (v && v->first && v->first->next && v->first->next->kind == NG_STRING &&
	    addr_parse_ip(v->first->next->str, &req->received_from))
		req->received_from = (struct addr){ 0 };
}

static int
read_on_off(const struct ng_val *dict, const char *key, enum tri *v)
{
	struct span s = ng_get_str(dict, key);

	if (!s.len)
		*v = TRI_DEFAULT;
	else if (span_caseeqs(s, "on") || span_caseeqs(s, "yes"))
		*v = TRI_ON;
	else if (span_caseeqs(s, "off") || span_caseeqs(s, "no"))
		*v = TRI_OFF;
	else
		return ERR_SYNTAX;
	return 0;
}

static bool
read_msrp(struct span s, struct alg_request *req)
{
	req->has_msrp = s.len > 0;
	if (!s.len || span_caseeqs(s, "auto"))
		req->msrp = MSRP_POLICY_AUTO;
	else if (span_caseeqs(s, "agnostic"))
		req->msrp = MSRP_POLICY_AGNOSTIC;
	else if (span_caseeqs(s, "aware"))
		req->msrp = MSRP_POLICY_AWARE;
	else
		return false;
	return true;
}

/* As rtpengine has them: a list, or words among the flags where the proxy did not parse them. */
static void
read_replace(const struct ng_val *dict, struct alg_request *req)
{
	req->hide_origin = ng_has_flag(dict, "replace", "origin") || ng_has_flag(dict, "flags", "replace-origin");
	req->hide_session = ng_has_flag(dict, "replace", "session-connection") ||
	                    ng_has_flag(dict, "flags", "replace-session-connection");
}

static int
read_own_keys(const struct ng_val *dict, struct alg_request *req, const char **why)
{
	struct span e2ae = ng_get_str(dict, "e2ae"), family = ng_get_str(dict, "address-family");
	enum sdp_setup ignored[SIDES];
	enum tri ue, rollback;

	req->setup_role = ng_get_str(dict, "setup-role");
	if (!e2ae.len || span_caseeqs(e2ae, "auto"))
		req->e2ae = E2AE_KEY_AUTO;
	else if (span_caseeqs(e2ae, "on"))
		req->e2ae = E2AE_KEY_ON;
	else if (span_caseeqs(e2ae, "off"))
		req->e2ae = E2AE_KEY_OFF;
	else
		*why = "e2ae must be auto, on or off";
	if (!read_msrp(ng_get_str(dict, "msrp"), req))
		*why = "msrp must be auto, agnostic or aware";
	if (read_on_off(dict, "ue-e2ae", &ue))
		*why = "ue-e2ae must be yes or no";
	if (read_on_off(dict, "interlink", &req->interlink))
		*why = "interlink must be on or off";
	if (read_on_off(dict, "rollback", &rollback))
		*why = "rollback must be yes or no";
	if (req->setup_role.len && setup_prefer_parse(req->setup_role, ignored))
		*why = "setup-role must be SIDE:ROLE with access or core and auto, active or passive";
	if (ng_get_str(dict, "status").len && span_u32(ng_get_str(dict, "status"), 699, &req->status))
		*why = "status must be the number of a SIP response";
	req->ue_e2ae = ue == TRI_ON;
	req->rollback = req->rollback || rollback == TRI_ON;
	if (span_caseeqs(family, "IP4") || span_caseeqs(family, "inet"))
		req->family = ADDR_V4;
	else if (span_caseeqs(family, "IP6") || span_caseeqs(family, "inet6"))
		req->family = ADDR_V6;
	return *why ? ERR_SYNTAX : 0;
}

int
ng_read_request(struct arena *a, struct ng_val *dict, const struct front_ng_conf *conf, struct alg_request *req,
                const char **why)
{
	int rc;

	expand_flags(a, dict);
	*why = NULL;
	*req = (struct alg_request){
		.call_id = ng_get_str(dict, "call-id"),
		.from_tag = ng_get_str(dict, "from-tag"),
		.to_tag = ng_get_str(dict, "to-tag"),
		.via_branch = ng_get_str(dict, "via-branch"),
		.sdp = ng_get_str(dict, "sdp"),
		.rollback = ng_has_flag(dict, "flags", "rollback"),
		.source_address = ng_has_flag(dict, "flags", "SIP-source-address"),
	};
	read_received_from(dict, req);
	read_replace(dict, req);
	rc = read_direction(dict, conf, req, why);
	return rc ? rc : read_own_keys(dict, req, why);
}
