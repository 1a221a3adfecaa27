/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's commands that change something. */
#include "agw/agw.h"

int
agw_do_drain(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;

	(void)args;
	out_printf(o, "{\"result\":\"ok\",\"contexts\":%u}", (unsigned)a->ctxs.n);
	agw_drain(a);
	return 0;
}

/* NAME forced|graceful|restart */
int
agw_do_service(void *arg, struct span args, struct out *o)
{
	static const char *const methods[] = { "forced", "graceful", "restart" };
	struct agw *a = arg;
	struct span name = span_word(&args), method = span_word(&args);
	unsigned i = 0;
	int err;

	while (i < 3 && !span_caseeqs(method, methods[i]))
		i++;
	if (i == 3 || !name.len)
		return ERR_INVAL;
	err = mg_avail_order(&a->avail, name, (enum mg_avail_method)i);
	if (!err)
		out_str(o, "{\"result\":\"ok\"}");
	return err;
}
