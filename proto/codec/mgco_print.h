/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout of printed H.248 text; private to the mgco_print files. */
#pragma once

#include "proto/codec/mgco_lex.h"

struct mgco_printer {
	struct out *o;
	struct mgco_style style;
	unsigned depth;
	bool first;    /* no item yet in the innermost braces */
	bool is_reply; /* an empty descriptor may stand bare */
};

/* Starts an item of a list: the comma and the line break before it. */
void mgco_print_item(struct mgco_printer *p);
/* An item that begins with a token. */
void mgco_print_tok(struct mgco_printer *p, enum mgco_tok tok);
/* A descriptor without content. tshark takes no bare token that touches the brace after it. */
void mgco_print_bare(struct mgco_printer *p, enum mgco_tok tok);
/* Token in the middle of an item. */
void mgco_print_word(struct mgco_printer *p, enum mgco_tok tok);
void mgco_print_open(struct mgco_printer *p);
void mgco_print_close(struct mgco_printer *p);
/* "=", with its blanks when pretty. */
void mgco_print_equal(struct mgco_printer *p);
/* In quotes; what the grammar does not have in quotes is replaced. */
void mgco_print_quoted(struct mgco_printer *p, struct span text);

/* mgco_print_media.c */
/* Whether there is something to print of it (m may be NULL). */
bool mgco_print_has_media(const struct mgco_printer *p, const struct mgco_media *m);
void mgco_print_media(struct mgco_printer *p, const struct mgco_media *m);
void mgco_print_props(struct mgco_printer *p, const struct mgco_prop *list);
/* mgco_print_event.c */
void mgco_print_events(struct mgco_printer *p, enum mgco_tok tok, const struct mgco_events *list);
void mgco_print_signals(struct mgco_printer *p, const struct mgco_signals *list);
/* mgco_audit.c */
void mgco_print_audit(struct mgco_printer *p, const struct mgco_audit *audit);
