/* SPDX-License-Identifier: BSD-2-Clause */
/* mgco_reprint [-sculqbn] FILE: parses an H.248 message and prints it, with short tokens (-s), compact (-c), keywords in upper
 * (-u) or lower (-l) case, few quotes (-q), braces around no signals (-b), a single stream without a name (-n). 1 and the
 * fault on stderr when it does not parse. For looking at traces, and for showing our text to other decoders. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/codec/mgco.h"

static int
reprint(struct span text, const struct mgco_style *style)
{
	struct mgco_fault f;
	struct mgco_msg msg;
	struct arena a;
	struct out o;
	int err;

	arena_init(&a, MGCO_ARENA_MAX);
	out_init_heap(&o, 4 * MGCO_MESSAGE_MAX);
	err = mgco_parse(&a, text, &msg, &f);
	if (err) {
		fprintf(stderr, "line %u: %u %s at \"%.*s\"\n", f.line, f.code, f.why, SPAN_FMT(f.near));
	} else {
		mgco_print(&o, &msg, style);
		err = o.err;
		fwrite(o.buf, 1, o.len, stdout);
	}
	out_fini(&o);
	arena_fini(&a);
	return err;
}

int
main(int argc, char **argv)
{
	struct mgco_style style = { .pretty = true };
	static char text[MGCO_MESSAGE_MAX + 1];
	size_t len;
	FILE *f;
	int c;

	while ((c = getopt(argc, argv, "sculqbn")) != -1) {
		if (c == 's')
			style.short_tokens = true;
		else if (c == 'c')
			style.pretty = false;
		else if (c == 'u')
			style.token_case = MGCO_CASE_UPPER;
		else if (c == 'l')
			style.token_case = MGCO_CASE_LOWER;
		else if (c == 'q')
			style.few_quotes = true;
		else if (c == 'b')
			style.signals_braces = true;
		else if (c == 'n')
			style.bare_stream = true;
		else
			return 2;
	}
	f = optind < argc ? fopen(argv[optind], "r") : stdin;
	if (!f) {
		perror(argv[optind]);
		return 2;
	}
	len = fread(text, 1, sizeof(text), f);
	return reprint(span_of(text, len), &style) ? EXIT_FAILURE : EXIT_SUCCESS;
}
