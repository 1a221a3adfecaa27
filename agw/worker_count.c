/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/worker_count.h"

#include "agw/leg.h"

void
worker_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

void
worker_count_octets(struct worker_counters *c, unsigned side, size_t len, bool spliced)
{
	worker_count(side == 0 ? &c->octets_access : &c->octets_core, len);
	if (spliced)
		worker_count(&c->octets_spliced, len);
}

void
worker_count_failure(struct worker_counters *c, const struct event *e)
{
	switch (e->reason) {
	case REASON_FP_MISMATCH:
	case REASON_FP_UNSUPPORTED:
		worker_count(&c->fp_mismatched, 1);
		worker_count(&c->handshakes_failed, 1);
		break;
	case REASON_FP_MISSING:
	case REASON_TLS_TIMEOUT:
	case REASON_TLS_ALERT:
	case REASON_TLS_FAILED:
	case REASON_NO_CERTIFICATE:
		worker_count(&c->handshakes_failed, 1);
		break;
	case REASON_NONE:
	case REASON_TCP_TIMEOUT:
	case REASON_TCP_REFUSED:
	case REASON_TCP_FAILED:
	case REASON_IDLE:
	case REASON_PEER_RESET:
	case REASON_NO_PORT:
	case REASON_OVERLOAD:
	case REASON_INTERNAL:
	case REASON_MSRP_ERROR:
	case REASON_REMOTE_DENIED:
	case REASONS:
		break;
	}
}

void
worker_count_msrp(struct worker_counters *c, const struct msrp_stats *more)
{
	worker_count(&c->msrp_messages, more->messages);
	worker_count(&c->msrp_chunks, more->chunks);
	worker_count(&c->msrp_octets, more->octets);
	worker_count(&c->msrp_aborted, more->aborted);
	worker_count(&c->msrp_errors, more->errors);
	worker_count(&c->msrp_too_big, more->too_big);
	worker_count(&c->msrp_keepalives, more->keepalives);
}

void
worker_copy_counters(const struct worker_counters *from, const struct leg_env *env, struct worker_counters *c)
{
	const uint64_t *ktls = env->ktls_ends, *linger = env->linger_ends, *probe = env->probe_ends;

	c->relays = __atomic_load_n(&from->relays, __ATOMIC_RELAXED);
	c->accepted = __atomic_load_n(&from->accepted, __ATOMIC_RELAXED);
	c->connected = __atomic_load_n(&from->connected, __ATOMIC_RELAXED);
	c->handshakes = __atomic_load_n(&from->handshakes, __ATOMIC_RELAXED);
	c->handshakes_failed = __atomic_load_n(&from->handshakes_failed, __ATOMIC_RELAXED);
	c->fp_matched = __atomic_load_n(&from->fp_matched, __ATOMIC_RELAXED);
	c->fp_mismatched = __atomic_load_n(&from->fp_mismatched, __ATOMIC_RELAXED);
	c->refused = __atomic_load_n(&from->refused, __ATOMIC_RELAXED);
	c->octets_access = __atomic_load_n(&from->octets_access, __ATOMIC_RELAXED);
	c->octets_core = __atomic_load_n(&from->octets_core, __ATOMIC_RELAXED);
	c->octets_spliced = __atomic_load_n(&from->octets_spliced, __ATOMIC_RELAXED);
	c->msrp_messages = __atomic_load_n(&from->msrp_messages, __ATOMIC_RELAXED);
	c->msrp_chunks = __atomic_load_n(&from->msrp_chunks, __ATOMIC_RELAXED);
	c->msrp_octets = __atomic_load_n(&from->msrp_octets, __ATOMIC_RELAXED);
	c->msrp_aborted = __atomic_load_n(&from->msrp_aborted, __ATOMIC_RELAXED);
	c->msrp_errors = __atomic_load_n(&from->msrp_errors, __ATOMIC_RELAXED);
	c->msrp_too_big = __atomic_load_n(&from->msrp_too_big, __ATOMIC_RELAXED);
	c->msrp_keepalives = __atomic_load_n(&from->msrp_keepalives, __ATOMIC_RELAXED);
	c->waits_handshakes = __atomic_load_n(&from->waits_handshakes, __ATOMIC_RELAXED);
	c->waits_descriptors = __atomic_load_n(&from->waits_descriptors, __ATOMIC_RELAXED);
	c->events_lost = __atomic_load_n(&from->events_lost, __ATOMIC_RELAXED);
	c->ktls_taken = __atomic_load_n(&ktls[LEG_KTLS_TAKEN], __ATOMIC_RELAXED);
	c->ktls_version = __atomic_load_n(&ktls[LEG_KTLS_VERSION], __ATOMIC_RELAXED);
	c->ktls_missing = __atomic_load_n(&ktls[LEG_KTLS_MISSING], __ATOMIC_RELAXED);
	c->ktls_refused = __atomic_load_n(&ktls[LEG_KTLS_REFUSED], __ATOMIC_RELAXED);
	c->ktls_pending = __atomic_load_n(&ktls[LEG_KTLS_PENDING], __ATOMIC_RELAXED);
	c->ktls_late = __atomic_load_n(&ktls[LEG_KTLS_LATE], __ATOMIC_RELAXED);
	c->ktls_rekeyed = __atomic_load_n(&ktls[LEG_KTLS_REKEYED], __ATOMIC_RELAXED);
	c->linger_heard = __atomic_load_n(&linger[LEG_LINGER_HEARD], __ATOMIC_RELAXED);
	c->linger_late = __atomic_load_n(&linger[LEG_LINGER_LATE], __ATOMIC_RELAXED);
	c->linger_flooded = __atomic_load_n(&linger[LEG_LINGER_FLOODED], __ATOMIC_RELAXED);
	c->linger_full = __atomic_load_n(&linger[LEG_LINGER_FULL], __ATOMIC_RELAXED);
	c->probe_answered = __atomic_load_n(&probe[LEG_PROBE_ANSWERED], __ATOMIC_RELAXED);
	c->probe_dead = __atomic_load_n(&probe[LEG_PROBE_DEAD], __ATOMIC_RELAXED);
	c->probe_unsure = __atomic_load_n(&probe[LEG_PROBE_UNSURE], __ATOMIC_RELAXED);
}
