/* SPDX-License-Identifier: BSD-2-Clause */
/* The Signals descriptor of Add and Modify. */
#include "agw/mg_priv.h"

static int
read_latch(struct mg_exec *x, const struct mgco_signal *s, struct signal_change *change)
{
	const struct mgco_prop *p = mgco_find_prop(s->params, x->names->text[IQ_IPNAPT_LATCH_NAPT]);
	struct span v = mgco_prop_text(p);

	change->what = TERM_SIG_LATCH;
	if (mg_check_params(x, s->params, IQ_IPNAPT_LATCH_NAPT) != 0)
		return ERR_INVAL;
	if (!p)
		return mg_failf(x, 457, "%s", x->names->text[IQ_IPNAPT_LATCH_NAPT]);
	if (span_caseeqs(v, "LATCH"))
		change->latch = TERM_LATCH_ON;
	else if (span_caseeqs(v, "RELATCH"))
		change->latch = TERM_RELATCH;
	else if (span_caseeqs(v, "OFF"))
		change->latch = TERM_LATCH_OFF;
	else
		return mg_fail_value(x, p);
	return 0;
}

/* All of ours are brief. A latch lasts until it is turned off, so on/off is true of it, too; none ends by time. */
static int
check_type(struct mg_exec *x, const struct mgco_signal *s, enum term_signal what)
{
	static const char *const names[] = { "", "OnOff", "TimeOut", "Brief" };
	bool is_ours = s->type == MGCO_SY_ABSENT || s->type == MGCO_SY_BRIEF ||
	               (s->type == MGCO_SY_ONOFF && what == TERM_SIG_LATCH);

	return is_ours ? 0 : mg_failf(x, 449, "SignalType = %s of %.*s", names[s->type], SPAN_FMT(s->name));
}

static int
read_signal(struct mg_exec *x, const struct mgco_signal *s, struct signal_change *change)
{
	int err;

	*change = (struct signal_change){ .what = TERM_SIG_TCP, .stream = s->stream, .list = s->list_id,
		                          .notify = s->notify_on ? s->notify_on : TERM_END_NC, .keep_active = s->keep_active };
	if (iq_name_is(x->names, IQ_IPNAPT_LATCH, s->name)) {
		err = read_latch(x, s, change);
	} else if (iq_name_is(x->names, IQ_TCP_ESTABLISH, s->name)) {
		err = mg_check_params(x, s->params, IQ_NAMES);
	} else if (iq_name_is(x->names, IQ_TLS_ESTABLISH, s->name)) {
		/* TLS starts by itself once TCP is up: the side that opened TCP is the client (RFC 4975, RFC 8122). */
		change->what = TERM_SIG_TLS;
		err = mg_check_params(x, s->params, IQ_NAMES);
	} else {
		err = mg_fail_item(x, 452, s->name);
	}
	return err ? err : check_type(x, s, change->what);
}

int
mg_read_signals(struct mg_exec *x, const struct mgco_signals *list, struct term_change *change)
{
	int err = 0;

	change->has_signals = true;
	for (const struct mgco_signal *s = list->signals; s && !err; s = s->next) {
		/* One after the other is an option of H.248.1 (7.1.11) and none of ours. */
		if (s->list_id && s->next && s->next->list_id == s->list_id)
			return mg_failf(x, 501, "SignalList = %u of several signals", s->list_id);
		if (change->n_signals == TERM_SIGNALS_MAX)
			return mg_fail(x, 510, "too many signals");
		err = mg_name_stream(x, s->stream, change);
		if (!err)
			err = read_signal(x, s, &change->signals[change->n_signals++]);
	}
	return err;
}
