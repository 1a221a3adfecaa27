/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/daemon.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/span.h"

/* ---- flags ---- */

void
daemon_conf_init(struct daemon_conf *c, const char *control_path)
{
	*c = (struct daemon_conf){ .log = LOG_TO_STDERR, .log_level = LOG_LVL_NOTICE };
	(void)span_copy(span_str(control_path), c->control, sizeof(c->control));
}

int
daemon_set_log(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (log_sink_parse(value, &((struct daemon_conf *)conf)->log))
		return 0;
	snprintf(why, OPTS_ERROR_MAX, "must be stderr, syslog or journal");
	return ERR_INVAL;
}

int
daemon_set_log_level(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (log_level_parse(value, &((struct daemon_conf *)conf)->log_level))
		return 0;
	snprintf(why, OPTS_ERROR_MAX, "must be error, warning, notice, info or debug");
	return ERR_INVAL;
}

static int
set_text(char *to, size_t cap, const char *value, char why[OPTS_ERROR_MAX])
{
	struct span s = span_str(value);

	if (s.len >= cap) { /* checked here: a value that is refused must not clear the one before */
		snprintf(why, OPTS_ERROR_MAX, "longer than %zu bytes", cap - 1);
		return ERR_TOOBIG;
	}
	return span_copy(s, to, cap);
}

int
daemon_set_control(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct daemon_conf *c = conf;

	return set_text(c->control, sizeof(c->control), strcmp(value, "none") == 0 ? "" : value, why);
}

int
daemon_set_metrics(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (addr_parse_hostport(span_str(value), &((struct daemon_conf *)conf)->metrics) == 0)
		return 0;
	snprintf(why, OPTS_ERROR_MAX, "must be HOST:PORT or [V6]:PORT with a numeric address");
	return ERR_SYNTAX;
}

int
daemon_set_user(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct daemon_conf *c = conf;

	if (!getpwnam(value)) {
		snprintf(why, OPTS_ERROR_MAX, "no such user");
		return ERR_NOTFOUND;
	}
	return set_text(c->user, sizeof(c->user), value, why);
}

int
daemon_set_group(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct daemon_conf *c = conf;

	if (!getgrnam(value)) {
		snprintf(why, OPTS_ERROR_MAX, "no such group");
		return ERR_NOTFOUND;
	}
	return set_text(c->group, sizeof(c->group), value, why);
}

int
daemon_set_check(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	(void)value;
	(void)why;
	((struct daemon_conf *)conf)->is_check = true;
	return 0;
}

/* ---- signals, descriptors ---- */

static void
stop(void *arg)
{
	loop_stop(arg);
}

int
daemon_stop_on_signals(struct loop *l)
{
	int rc;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_from_errno(errno);
	rc = loop_signal(l, SIGTERM, stop, l);
	return rc ? rc : loop_signal(l, SIGINT, stop, l);
}

unsigned long
daemon_raise_nofile(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 0;
	if (r.rlim_cur < r.rlim_max) {
		struct rlimit all = { .rlim_cur = r.rlim_max, .rlim_max = r.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &all) == 0)
			r = all;
		else
			log_warning("limit of descriptors stays limit=%lu why=\"%s\"", (unsigned long)r.rlim_cur,
			            strerror(errno));
	}
	return (unsigned long)r.rlim_cur;
}

/* ---- privileges ---- */

/* Numbers of the user and group to become; -1 for "as is". */
static int
find_ids(const struct daemon_conf *c, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw = c->user[0] ? getpwnam(c->user) : NULL;
	const struct group *gr = c->group[0] ? getgrnam(c->group) : NULL;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if ((c->user[0] && !pw) || (c->group[0] && !gr)) {
		log_error("no such user or group user=%s group=%s", c->user, c->group);
		return ERR_NOTFOUND;
	}
	if (pw) {
		*uid = pw->pw_uid;
		*gid = gr ? gr->gr_gid : pw->pw_gid;
	}
	return 0;
}

int
daemon_make_control_dir(const struct daemon_conf *c)
{
	const char *slash = strrchr(c->control, '/');
	char dir[DAEMON_PATH_MAX];
	uid_t uid;
	gid_t gid;
	int rc;

	if (!slash || slash == c->control)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - c->control), c->control);
	rc = find_ids(c, &uid, &gid);
	if (rc)
		return rc;
	if (mkdir(dir, 0750) != 0) {
		if (errno == EEXIST)
			return 0; /* whoever made it decided whose it is */
		rc = err_from_errno(errno);
	} else if (uid != (uid_t)-1 && chown(dir, uid, gid) != 0) {
		rc = err_from_errno(errno);
	}
	if (rc)
		log_error("folder of the control socket cannot be made path=%s why=\"%s\"", dir, err_str(rc));
	return rc;
}

static int
become(uid_t uid, gid_t gid, bool keep_net_admin)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (keep_net_admin &&
	    capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE),
	                 CAP_NET_ADMIN) != 0)
		return ERR_PERM;
	if (capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
		return ERR_PERM;
	/* nft or iptables, which takes the gate's rules away at exit, needs it too. */
	if (keep_net_admin && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) != 0)
		return err_from_errno(errno);
	return 0;
}

int
daemon_drop_privileges(const struct daemon_conf *c, bool keep_net_admin)
{
	uid_t uid;
	gid_t gid;
	int rc = find_ids(c, &uid, &gid);

	if (rc)
		return rc;
	if (uid != (uid_t)-1 && uid != geteuid())
		rc = become(uid, gid, keep_net_admin);
	if (!rc && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		rc = err_from_errno(errno);
	if (rc)
		log_error("privileges cannot be dropped user=%s why=\"%s\"", c->user, err_str(rc));
	else if (c->user[0])
		log_info("privileges dropped user=%s uid=%d net_admin=%s", c->user, (int)geteuid(),
		         keep_net_admin ? "kept" : "no");
	return rc;
}
