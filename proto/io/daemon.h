/* SPDX-License-Identifier: BSD-2-Clause */
/* What every daemon does besides its work: flags in common, signals, descriptors, privileges. */
#pragma once

#include "proto/base/addr.h"
#include "proto/base/log.h"
#include "proto/io/loop.h"
#include "proto/io/opts.h"

enum { DAEMON_NAME_MAX = 64, DAEMON_PATH_MAX = 108 };

/* A program's configuration begins with this struct: the functions of DAEMON_OPTS take its address for ours. */
struct daemon_conf {
	enum log_sink log;
	enum log_level log_level;
	char control[DAEMON_PATH_MAX]; /* empty: no control socket */
	struct addr metrics;           /* where counters are served over HTTP; ADDR_NONE: nowhere */
	char user[DAEMON_NAME_MAX];    /* empty: stay who we are */
	char group[DAEMON_NAME_MAX];   /* empty: the user's own */
	bool is_check;                 /* validate and exit */
};

/* Setters of the rows below. ERR_* with a sentence in why. */
int daemon_set_log(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_log_level(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_control(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_metrics(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_user(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_group(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
int daemon_set_check(void *conf, const char *value, char why[OPTS_ERROR_MAX]);

/* Rows for a program's table of flags. The defaults that they name are what daemon_conf_init() sets. */
#define DAEMON_OPTS(control_path) \
	{ "control", "PATH", "control socket for ims-ctl, none: without", control_path, daemon_set_control }, \
	{ "metrics", "HOST:PORT", "serve counters there as Prometheus text, at http://HOST:PORT/metrics", NULL, \
	  daemon_set_metrics }, \
	{ "user", "NAME", "run as this user after start", NULL, daemon_set_user }, \
	{ "group", "NAME", "run as this group, with --user", "the user's own", daemon_set_group }, \
	{ "log", "stderr|syslog|journal", "where the log goes", "stderr", daemon_set_log }, \
	{ "log-level", "LEVEL", "error, warning, notice, info or debug", "notice", daemon_set_log_level }, \
	{ "check", NULL, "validate the flags and exit", NULL, daemon_set_check }

/* Sets the defaults. */
void daemon_conf_init(struct daemon_conf *c, const char *control_path);
/* Stops the loop on TERM and INT; PIPE is ignored. */
int daemon_stop_on_signals(struct loop *l);
/* Raises the limit of open descriptors to the hard limit; returns what it is then. */
unsigned long daemon_raise_nofile(void);
/* Makes the folder of the control socket if it is missing (mode 0750, the user's), so that /run needs no
 * preparation and the socket can be removed at exit. 0 or an enum err with a log line. */
int daemon_make_control_dir(const struct daemon_conf *c);
/* Becomes the user of conf (if any) with no capability left but, if asked, CAP_NET_ADMIN (which programs started
 * later inherit); then forbids new privileges. Call before threads are started and after everything that needs root.
 * 0 or an enum err with a log line, after which the caller must exit. */
int daemon_drop_privileges(const struct daemon_conf *c, bool keep_net_admin);
