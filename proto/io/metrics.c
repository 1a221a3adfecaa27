/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/metrics.h"

#include <stddef.h>

#include "proto/codec/json_out.h"

#define H248(field, help) { PROM_COUNTER, "h248_" #field, help, offsetof(struct mgco_counters, field) }
static const struct prom_row h248_rows[] = {
	H248(messages_in, "H.248 messages received."),
	H248(messages_out, "H.248 messages sent."),
	H248(bytes_in, "Octets of H.248 messages received."),
	H248(bytes_out, "Octets of H.248 messages sent."),
	H248(syntax_errors, "H.248 messages or transactions answered with a syntax error."),
	H248(retransmissions, "H.248 requests sent again."),
	H248(duplicates, "H.248 requests received again."),
	H248(pendings_in, "Pending messages received."),
	H248(pendings_out, "Pending messages sent."),
	H248(timeouts, "H.248 requests that nobody answered."),
	H248(oversized, "H.248 messages received that were too long."),
	H248(dropped, "H.248 messages refused without an answer."),
	H248(displaced, "H.248 peers given up to make room for others."),
	H248(requests_too_big, "H.248 requests not sent, for the network would not carry them."),
	H248(replies_too_big, "H.248 replies sent with error 533 in place of what would not fit."),
};

#define SERVE(field, name, help) { PROM_COUNTER, "metrics_" name, help, offsetof(struct http_serve_counters, field) }
static const struct prom_row serve_rows[] = {
	SERVE(replies, "replies", "Times that this text was asked for over HTTP."),
	SERVE(refused, "refused", "HTTP requests for another path, with another method, or broken."),
	SERVE(timeouts, "timeouts", "HTTP connections cut for being slow."),
};

struct http_serve *
metrics_serve(struct loop *l, const struct addr *at, metrics_fn print, void *arg)
{
	const struct http_page page = { "/metrics", "text/plain; version=0.0.4; charset=utf-8", print };

	return http_serve_new(l, at, &page, arg);
}

int
metrics_reply(metrics_fn print, void *arg, struct out *json)
{
	struct out text;
	int rc;

	out_init_heap(&text, HTTP_SERVE_BODY_MAX);
	rc = print(arg, &text);
	if (!rc)
		rc = text.err;
	out_str(json, "{\"text\":");
	out_json_string(json, out_get(&text));
	out_char(json, '}');
	out_fini(&text);
	return rc;
}

void
metrics_print_build(struct prom *p)
{
	prom_family(p, PROM_GAUGE, "build_info", "The running version.");
	prom_labelled(p, "version", PACKAGE_VERSION, 1);
}

void
metrics_print_h248(struct prom *p, const struct mgco_counters *c)
{
	prom_rows(p, h248_rows, sizeof(h248_rows) / sizeof(h248_rows[0]), c);
}

void
metrics_print_serve(struct prom *p, const struct http_serve *s)
{
	static const struct http_serve_counters none;

	prom_rows(p, serve_rows, sizeof(serve_rows) / sizeof(serve_rows[0]), s ? http_serve_get_counters(s) : &none);
}
