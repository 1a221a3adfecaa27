/* SPDX-License-Identifier: BSD-2-Clause */
/* The SYN gate: who decides (pure), where the rule of each port stands (lock-free table), and how SYNs are
 * caught (an interface with two implementations, NFQUEUE and socket filters). */
#pragma once

#include <stdatomic.h>

#include "agw/order.h"

/* GATE_PARK: not now, but the port has a termination whose rule may yet let the source in. */
enum gate_verdict { GATE_DROP, GATE_ACCEPT, GATE_PARK };

struct gate_rule {
	enum gate_mode mode;
	struct addr remote; /* FILTER modes; for LATCH the learned source once there is one */
	uint8_t host_bits;  /* FILTER_ADDR and _ADDR_PORT: so many low bits of the address may be anything */
	uint16_t port_hi;   /* FILTER_ADDR_PORT and _PORT: from remote.port to this one; 0: that one only */
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
/* The rule of the port's termination. ERR_NOTFOUND when the address or port is not ours. */
int gate_table_set(struct gate_table *t, const struct addr *local, const struct gate_rule *rule);
/* The termination is gone: GATE_IGNORE, and what was parked for it is not the next one's. ERR_NOTFOUND. */
int gate_table_clear(struct gate_table *t, const struct addr *local);
/* The n-th range in the order of adding; false when there are no more. */
bool gate_table_range(const struct gate_table *t, unsigned n, struct addr *ip, uint16_t *lo, uint16_t *hi);
/* Is (address, port) one of ours, whatever its rule? Safe from any thread. */
bool gate_table_has(const struct gate_table *t, const struct addr *local);
/* Verdict for a SYN; unknown ports drop. Safe from any thread. Never waits for the writer: a SYN that falls into
 * the nanoseconds of a change that does not end is dropped, and its sender repeats it. */
enum gate_verdict gate_table_decide(const struct gate_table *t, const struct addr *local, const struct addr *src);
/* The same, but GATE_PARK while a termination ignores everybody (TS 23.334 6.2.10.3.1.2.1 step 10: before the answer).
 * Then *round is the termination's number at this port: a later one has another. */
enum gate_verdict gate_table_ask(const struct gate_table *t, const struct addr *local, const struct addr *src,
                                 uint32_t *round);

/* The sieve: a coarse copy of the rules, GATE_SIEVE_WORDS 64-bit words a port, for two readers in the kernel. One drops
 * what can never match, the other accepts what the table would accept for sure; all else is judged by the table. */
enum gate_sieve {
	GATE_SIEVE_NOBODY, /* drop all; what untouched memory means */
	GATE_SIEVE_ALL,    /* drop none */
	/* Masks and port ranges are left to the table. */
	GATE_SIEVE_ADDR,   /* drop other sources than the folded address in the low 32 bits */
	GATE_SIEVE_ADDR_PORT, /* and other source ports than that in bits 32 to 47 */
};
enum {
	GATE_SIEVE_SHIFT = 48,      /* where an enum gate_sieve stands in the first word of a port */
	GATE_SIEVE_KIND = 15,       /* its mask */
	GATE_SIEVE_SURE = 16,       /* beside it: whoever is not dropped may be accepted; for IPv6, see gate_sieve_write() */
	GATE_SIEVE_TURN_SHIFT = 53, /* above: a number that changes with each IPv6 address */
	GATE_SIEVE_WORDS = 3,
};
/* IPv4: the address; IPv6: its four words xored, so that a stranger who passes is rare and still not accepted. */
uint32_t gate_sieve_fold(const struct addr *a);
/* Pure. The first word for a rule of a port of that family, with turn 0; with park a port that ignores is not sieved. */
uint64_t gate_sieve_word(const struct gate_rule *rule, enum addr_family family, bool park);
/* Stores it. Where an IPv6 source is accepted for sure, the two other words are the address as four 32-bit numbers: a
 * reader accepts only the source that is there, and only when the first word is the same before and after reading. */
void gate_sieve_write(_Atomic uint64_t words[GATE_SIEVE_WORDS], uint64_t word, const struct addr *remote, uint32_t turn);
/* How many ports all ranges have. */
uint32_t gate_table_ports(const struct gate_table *t);
/* From now on every change is copied to words[gate_table_ports() * GATE_SIEVE_WORDS], zeroed, in the order of ranges and
 * ports. Borrowed; NULL ends it. Before any reader starts. */
void gate_table_mirror(struct gate_table *t, _Atomic uint64_t *words, bool park);
enum { GATE_ADDRS_MAX = 64 };
enum { SYNGATE_WHY_MAX = 160 }; /* bytes of a sentence that says why something is not possible */

struct gate_counters {
	uint64_t syns, accepted, dropped; /* SYNs to our ranges, and what became of them */
	uint64_t sieved;    /* of those dropped: in the kernel, before the queue */
	uint64_t passed;    /* of those accepted: in the kernel, without the queue */
	uint64_t parked, unparked; /* SYNs that were held, and those of them that were accepted at last */
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
	bool park;            /* NFQUEUE: hold early SYNs, in one queue more after the others */
	struct syngate_sieve *sieve; /* or NULL; borrowed */
};
/* The kernel's part of the sieve. It drops SYNs that can never match before anybody sees them, and where SYNs are
 * caught by NFQUEUE it accepts those that match for sure. Wants CAP_BPF, so it is made before the user changes, and
 * when t has all its ranges. NULL where conf has no use for it, and, with a log line, where it is not possible: then
 * all SYNs come to the queue, or to the sockets' filters. */
struct syngate_sieve *syngate_sieve_new(const struct syngate_conf *conf, struct gate_table *t);
void syngate_sieve_free(struct syngate_sieve *s);
/* Installs rules for all ranges of t and starts its thread(s) (NFQUEUE), or prepares for socket filters. AUTO takes
 * NFQUEUE when this process may use it, else SOCKET, and logs which. NULL with a log line when the wanted kind is
 * not possible. t must outlive it. Call it before any listener exists and after the change of user, with CAP_NET_ADMIN
 * kept: capabilities belong to threads. Since 2026 Linux asks for it before a TCP socket may have a filter, too; then
 * each thread that arms sockets needs it. */
struct syngate *syngate_new(const struct syngate_conf *conf, const struct gate_table *t);
/* Removes the rules and ends the threads. */
void syngate_free(struct syngate *g);
const char *syngate_kind_name(const struct syngate *g);
/* False: ports answer everybody (--syn-gate=off). */
bool syngate_is_on(const struct syngate *g);
/* It filters at the listeners: their descriptors are needed to change rules, and accepted sockets inherit filters. */
bool syngate_filters_sockets(const struct syngate *g);
/* Makes a new, not yet listening socket obey rule, and later changes it. With NFQUEUE both do nothing to the
 * socket. Call arm before listen(2): there must be no instant in which the kernel answers for an ignored port. On
 * failure (ERR_PERM, ERR_NOMEM, ERR_UNSUPPORTED) the earlier filter is still there; a new socket must not listen. */
int syngate_arm_socket(const struct syngate *g, int listener, const struct gate_rule *rule);
/* A socket that was accepted may have inherited a filter: take it off. */
void syngate_disarm_socket(int fd);
/* After each change of the table by who wrote it: parked SYNs are judged again. */
void syngate_wake(const struct syngate *g);
void syngate_read_counters(const struct syngate *g, struct gate_counters *c);
