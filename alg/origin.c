/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/origin.h"

/* Never 0, which stands for none. */
static uint64_t
hash(struct span s)
{
	uint64_t h = span_hash(s);

	return h ? h : 1;
}

/* <username> <sess-id> (RFC 8866 5.2) */
static uint64_t
hash_session(const struct sdp *sdp)
{
	for (uint32_t i = 0; i < sdp->n_session_lines; i++) {
		struct span rest = sdp->lines[i].value, user, id;

		if (sdp->lines[i].type != 'o')
			continue;
		user = span_word(&rest);
		id = span_word(&rest);
		return id.len ? hash(span_of(user.p, (size_t)(id.p + id.len - user.p))) : 0;
	}
	return 0;
}

void
origin_begin(struct origin *o, const struct sdp *sdp)
{
	uint64_t session = hash_session(sdp);

	if (session != o->session)
		*o = (struct origin){ .session = session };
}

bool
origin_must_count(struct origin *o, struct span in, struct span out)
{
	if (!o->session || o->in != hash(in) || o->out == hash(out))
		return false;
	o->ahead++;
	return true;
}

void
origin_end(struct origin *o, struct span in, struct span out)
{
	o->in = hash(in);
	o->out = hash(out);
}
