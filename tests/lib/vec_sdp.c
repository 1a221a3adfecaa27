/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/vec_sdp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/setup.h"
#include "tests/lib/tmain.h"

char *
vec_read_file(const struct vec *v, const char *ending, size_t *len)
{
	char path[1100];
	char *text = calloc(1, VEC_FILE_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", v->path, ending);
	f = fopen(path, "rb");
	*len = f && text ? fread(text, 1, VEC_FILE_MAX - 1, f) : 0;
	if (*len == 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

static bool
set_address(struct pass *p, enum side side, struct span value)
{
	return addr_parse_hostport(value, &p->local[side]) == 0;
}

static bool
set_choice(struct span value, const char *a, const char *b, const char *c, unsigned *v)
{
	*v = span_eqs(value, a) ? 0 : span_eqs(value, b) ? 1 : 2;
	return *v < 2 || span_eqs(value, c);
}

/* host NAME = ADDRESS: what the name resolves to; without an address it does not. */
static bool
add_host(struct vec *v, struct span name, struct span value)
{
	unsigned n = v->pass.opts.n_hosts++;

	if (n == FLOW_HOSTS_MAX || span_copy(name, v->names[n], sizeof(v->names[n])))
		return false;
	v->hosts[n].name = span_str(v->names[n]);
	v->pass.opts.hosts = v->hosts;
	return value.len == 0 || addr_parse_ip(value, &v->hosts[n].addr) == 0;
}

static bool
set_expectation(struct vec *v, struct span key, struct span value)
{
	if (span_eqs(key, "T1 remote"))
		return addr_parse_hostport(value, &v->remote[SIDE_ACCESS]) == 0;
	if (span_eqs(key, "T2 remote"))
		return addr_parse_hostport(value, &v->remote[SIDE_CORE]) == 0;
	if (span_eqs(key, "offer refused"))
		return span_copy(value, v->refused[0], sizeof(v->refused[0])) == 0;
	if (span_eqs(key, "answer refused"))
		return span_copy(value, v->refused[1], sizeof(v->refused[1])) == 0;
	if (span_has_prefix(key, "line ") && v->n_expect < SDP_MEDIA_MAX)
		return span_copy(value, v->expect[v->n_expect++], sizeof(v->expect[0])) == 0;
	return span_eqs(key, "title");
}

static bool
set_key(struct vec *v, struct span key, struct span value)
{
	struct pass *p = &v->pass;
	unsigned choice = 0;
	bool ok = true;

	if (span_eqs(key, "clause")) {
		v->has_clause = value.len > 0;
	} else if (span_eqs(key, "e2ae")) {
		ok = set_choice(value, "auto", "on", "off", &choice);
		p->key = (enum e2ae_key)choice;
	} else if (span_eqs(key, "policy")) {
		ok = set_choice(value, "when-supported", "always", "never", &choice);
		p->policy = (enum e2ae_policy)choice;
	} else if (span_eqs(key, "ue-e2ae")) {
		p->ue_e2ae = span_eqs(value, "yes");
	} else if (span_eqs(key, "variant")) {
		p->opts.interlink = span_eqs(value, "A");
	} else if (span_eqs(key, "offerer")) {
		ok = set_choice(value, "access", "core", "", &choice);
		p->offerer = choice ? SIDE_CORE : SIDE_ACCESS;
	} else if (span_eqs(key, "syn-policy")) {
		ok = set_choice(value, "ignore", "latch", "filter", &choice);
		p->opts.syn = (enum syn_policy)choice;
	} else if (span_eqs(key, "msrp")) {
		ok = set_choice(value, "auto", "agnostic", "aware", &choice);
		p->msrp = (enum msrp_policy)choice;
	} else if (span_eqs(key, "T1 path")) {
		ok = span_copy(value, p->path[SIDE_ACCESS], sizeof(p->path[0])) == 0;
	} else if (span_eqs(key, "T2 path")) {
		ok = span_copy(value, p->path[SIDE_CORE], sizeof(p->path[0])) == 0;
	} else if (span_eqs(key, "replace")) {
		p->hide_origin = span_has_prefix(value, "origin");
		p->hide_session = !span_eqs(value, "origin");
	} else if (span_eqs(key, "setup-role")) {
		ok = setup_prefer_parse(value, p->opts.prefer) == 0 && span_copy(value, v->setup_role, sizeof(v->setup_role)) == 0;
	} else if (span_eqs(key, "address-family")) {
		ok = set_choice(value, "", "IP4", "IP6", &choice);
		p->opts.family = (enum addr_family)choice;
	} else if (span_eqs(key, "received-from")) {
		ok = addr_parse_ip(value, &p->opts.source) == 0;
	} else if (span_eqs(key, "T1")) {
		ok = set_address(p, SIDE_ACCESS, value);
	} else if (span_eqs(key, "T2")) {
		ok = set_address(p, SIDE_CORE, value);
	} else if (span_has_prefix(key, "host ")) {
		ok = add_host(v, span_of(key.p + 5, key.len - 5), value);
	} else if (span_eqs(key, "fingerprint")) {
		ok = fpr_set_add(&p->fprs, value) == 0;
	} else {
		ok = set_expectation(v, key, value);
	}
	return ok;
}

static bool
read_parameters(struct vec *v)
{
	size_t len;
	char *text = vec_read_file(v, ".txt", &len);
	struct span rest = span_str(text);
	bool ok = text != NULL;

	v->pass = (struct pass){ .offerer = SIDE_CORE, .opts = { .interlink = true } };
	while (ok && rest.p) {
		struct span value = span_trim(span_cut(&rest, '\n'));
		struct span key;

		if (value.len == 0 || value.p[0] == '#')
			continue;
		key = span_trim(span_cut(&value, '='));
		ok = set_key(v, key, span_trim(value));
		if (!ok)
			printf("  %s.txt: \"%.*s\"\n", v->path, SPAN_FMT(key));
	}
	free(text);
	return ok && v->has_clause;
}

static int
is_txt(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

void
vec_each(int min, void (*play)(struct vec *v))
{
	const char *top = getenv("TOP_SRCDIR");
	struct dirent **names;
	char dir[512];
	int n;

	snprintf(dir, sizeof(dir), "%s/tests/vec/sdp", top ? top : ".");
	n = scandir(dir, &names, is_txt, alphasort);
	CU_ASSERT_FATAL(n >= min);
	for (int i = 0; i < n; i++) {
		struct vec *v = calloc(1, sizeof(*v));

		CU_ASSERT_PTR_NOT_NULL_FATAL(v);
		snprintf(v->path, sizeof(v->path), "%s/%.*s", dir, (int)strlen(names[i]->d_name) - 4,
		         names[i]->d_name);
		if (read_parameters(v))
			play(v);
		else
			CU_FAIL("parameters");
		free(v);
		free(names[i]);
	}
	free(names);
}
