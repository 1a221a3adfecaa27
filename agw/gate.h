/* SPDX-License-Identifier: BSD-2-Clause */
/* The SYN gate: who decides (pure), where the rule of each port stands (lock-free table), and how SYNs are
 * caught (an interface with two implementations, NFQUEUE and socket filters). */
#pragma once

#include "agw/order.h"

enum gate_verdict { GATE_DROP, GATE_ACCEPT };

struct gate_rule {
	enum gate_mode mode;
	struct addr remote; /* FILTER modes; for LATCH the learned source once there is one */
};

/* Pure. Accept a SYN (or an accepted connection) from src under the rule? LATCH with a learned remote compares
 * the address only. A FILTER rule whose remote is not (fully) known accepts nobody. */
enum gate_verdict gate_decide(const struct gate_rule *rule, const struct addr *src);

/* One rule a local (address, port). One writer (control), any number of readers without locks. */
struct gate_table;

/* lo..hi of each address; at most GATE_ADDRS_MAX addresses. NULL out of memory. */
struct gate_table *gate_table_new(void);
void gate_table_free(struct gate_table *t);
/* Before any reader starts. ERR_LIMIT; ERR_INVAL for the any address, port 0 or lo > hi; ERR_EXISTS when it
 * overlaps an earlier range; ERR_NOMEM. */
int gate_table_add(struct gate_table *t, const struct addr *ip, uint16_t lo, uint16_t hi);
/* ERR_NOTFOUND when the address or port is not ours. A cleared port is GATE_IGNORE. */
int gate_table_set(struct gate_table *t, const struct addr *local, const struct gate_rule *rule);
/* The n-th range in the order of adding; false when there are no more. */
bool gate_table_range(const struct gate_table *t, unsigned n, struct addr *ip, uint16_t *lo, uint16_t *hi);
/* Is (address, port) one of ours, whatever its rule? Safe from any thread. */
bool gate_table_has(const struct gate_table *t, const struct addr *local);
/* Verdict for a SYN; unknown ports drop. Safe from any thread. Never waits for the writer: a SYN that falls into
 * the nanoseconds of a change that does not end is dropped, and its sender repeats it. */
enum gate_verdict gate_table_decide(const struct gate_table *t, const struct addr *local, const struct addr *src);
enum { GATE_ADDRS_MAX = 64 };

struct gate_counters {
	uint64_t syns, accepted, dropped; /* SYNs to our ranges, and what became of them */
	uint64_t foreign;   /* queued packets that were no SYN to our ranges; dropped */
	uint64_t overflows; /* the kernel said that its queue was full; it then drops (fail closed) */
};

/* How SYNs are caught. */
struct syngate;
enum syngate_kind { SYNGATE_AUTO, SYNGATE_NFQUEUE, SYNGATE_SOCKET, SYNGATE_OFF };
struct syngate_conf {
	enum syngate_kind kind;
	uint16_t queue_num;   /* NFQUEUE: first queue */
	uint16_t queue_count; /* 1 */
};
/* Installs rules for all ranges of t and starts its thread(s) (NFQUEUE), or prepares for socket filters. AUTO takes
 * NFQUEUE when this process may use it, else SOCKET, and logs which. NULL with a log line when the wanted kind is
 * not possible. t must outlive it. Call it before any listener exists and after the change of user, with CAP_NET_ADMIN
 * kept: capabilities belong to threads. Since 2026 Linux asks for it before a TCP socket may have a filter, too; then
 * each thread that arms sockets needs it. */
struct syngate *syngate_new(const struct syngate_conf *conf, const struct gate_table *t);
/* Removes the rules and ends the threads. */
void syngate_free(struct syngate *g);
const char *syngate_kind_name(const struct syngate *g);
/* Makes a new, not yet listening socket obey rule, and later changes it. With NFQUEUE both do nothing to the
 * socket. Call arm before listen(2): there must be no instant in which the kernel answers for an ignored port. On
 * failure (ERR_PERM, ERR_NOMEM, ERR_UNSUPPORTED) the earlier filter is still there; a new socket must not listen. */
int syngate_arm_socket(const struct syngate *g, int listener, const struct gate_rule *rule);
/* A socket that was accepted may have inherited a filter: take it off. */
void syngate_disarm_socket(int fd);
void syngate_read_counters(const struct syngate *g, struct gate_counters *c);
