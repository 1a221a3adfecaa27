/* SPDX-License-Identifier: BSD-2-Clause */
/* What the flags name, read and made. */
#include "agw/agw.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/realm.h"
#include "proto/base/log.h"

enum { IQ_NAMES_FILE_MAX = 65536 };

int
agw_read_names(struct agw *a)
{
	const char *path = a->conf.iq_names;
	char *text;
	unsigned line = 0;
	ssize_t n;
	int fd, err;

	iq_names_init(&a->names);
	if (!path[0])
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text = malloc(IQ_NAMES_FILE_MAX);
	n = fd >= 0 && text ? read(fd, text, IQ_NAMES_FILE_MAX) : -1;
	if (n < 0 || n == IQ_NAMES_FILE_MAX) {
		log_error("iq names cannot be read file=%s", path);
		err = ERR_IO;
	} else {
		err = iq_names_override(&a->names, span_of(text, (size_t)n), &line);
		if (err)
			log_error("iq names are wrong file=%s line=%u why=\"%s\"", path, line, err_str(err));
	}
	free(text);
	if (fd >= 0)
		(void)close(fd);
	return err;
}

int
agw_make_realms(struct agw *a)
{
	struct tls_ctx_conf tls = { .min_version = a->conf.tls_min, .allow_sha1 = a->conf.allow_sha1,
		                    .keeps_secrets = a->conf.ktls };

	a->gates = gate_table_new();
	if (!a->gates)
		return ERR_NOMEM;
	for (unsigned i = 0; i < a->conf.n_realms; i++) {
		const char *why;
		struct realm *r = realm_new(&a->conf.realms[i], &tls, &why);

		if (!r) {
			log_error("realm cannot be made realm=%s why=\"%s\"", a->conf.realms[i].name, why);
			return ERR_INVAL;
		}
		a->realms[a->n_realms++] = r;
		for (unsigned k = 0; k < r->n_addrs; k++)
			if (gate_table_add(a->gates, &r->addrs[k], r->lo, r->hi) != 0) {
				log_error("realm has too many or overlapping ports realm=%s", r->name);
				return ERR_LIMIT;
			}
	}
	return 0;
}
