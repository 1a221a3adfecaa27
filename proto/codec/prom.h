/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes Prometheus text (exposition format 0.0.4): families of samples, each with its HELP and TYPE line. */
#pragma once

#include "proto/base/out.h"

enum prom_type { PROM_COUNTER, PROM_GAUGE };

struct prom {
	struct out *out;
	const char *prefix; /* of all names: "ims_agw" */
	const char *name;   /* of the family that is being written */
	const char *suffix; /* "_total" of counters, which shall not be forgotten */
};

struct prom_label {
	const char *name;
	struct span value; /* any octets, a peer's too: what is not printable ASCII is written as a character of its own */
};

/* A family whose samples come from counters in structs: where they are. */
struct prom_row {
	enum prom_type type;
	const char *name, *help;
	size_t offset; /* of a uint64_t */
};

/* Begins a family. name is without prefix, and of a counter without _total; borrowed until the next family. No
 * name twice, since a reader may refuse the whole text then. */
void prom_family(struct prom *p, enum prom_type type, const char *name, const char *help);
/* A sample of it. */
void prom_sample(struct prom *p, const struct prom_label *labels, unsigned n, uint64_t v);
/* The same with one label, and a family of one sample without any. */
void prom_labelled(struct prom *p, const char *label, const char *value, uint64_t v);
void prom_single(struct prom *p, enum prom_type type, const char *name, const char *help, uint64_t v);
/* One family a row, with a sample of each of n structs of size octets, told apart by label="names[i]". */
void prom_rows_named(struct prom *p, const struct prom_row *rows, size_t n_rows, const void *first, size_t size,
                     unsigned n, const char *label, const char *const *names);
/* The same of one struct, without a label. */
void prom_rows(struct prom *p, const struct prom_row *rows, size_t n_rows, const void *counters);
