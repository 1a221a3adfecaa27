/* SPDX-License-Identifier: BSD-2-Clause */
/* Every count, size and time limit of ims-alg in one place; the codecs' own are in proto/base/bounds.h. */
#pragma once

enum {
	/* configuration */
	ALG_LISTEN_MAX = 8, /* --ng and --h248 addresses, each */
	ALG_REALM_MAX = 32, /* a realm's name with its NUL; part of a TerminationID */
	/* calls */
	ALG_CALLS_MAX = 1 << 20,
	ALG_MEDIA_MAX = 16,   /* m-lines of one call that go through a gateway */
	ALG_CONTEXTS_MAX = 3 * ALG_MEDIA_MAX, /* ... agreed, offered anew, and not yet gone */
	ALG_DIALOGS_MAX = 16, /* answers of a forked INVITE that are remembered */
	ALG_QUEUE_MAX = 8,    /* offers and answers of a call that wait for the one before */
	ALG_WAITERS_MAX = 8,  /* requests that wait for the same result */
	ALG_SPIRAL_MAX = 16,  /* calls under one Call-ID */
	ALG_TAG_MAX = 256,    /* Call-ID, tags and branches, each */
	ALG_ARENA_MAX = 1024 * 1024, /* one offer or answer while it is worked on */
	/* What the P-CSCF waits in all is about 5 s (5 tries, 1 s apart); it must hear of a silent gateway before. */
	ALG_GATEWAY_MS = 4000,
	ALG_SUCCESSION_MS = 10000, /* the old connection is kept so long for the new one to come up */
	ALG_STALE_MS = 200000,     /* a re-offer without an answer: longer than timer C (RFC 3261 16.6) */
	ALG_HANGTERM_S = 600, /* a gateway asks about a termination that heard nothing for so long */
	/* gateways */
	ALG_AGW_MAX = 64,
	ALG_PEERS_MAX = 2 * ALG_AGW_MAX, /* H.248 associations: a gateway may be commanded elsewhere than it speaks from */
	ALG_PEERS_PER_HOST = 16, /* of these, those that come from one address, where --gateway does not say who may */
	ALG_AGW_REALMS_MAX = 32,
	ALG_WATCH_BEATS = 3,    /* over UDP a gateway speaks up when we were silent for so many heartbeats... */
	ALG_WATCH_MIN_MS = 1000, /* ...or this, if that is more... */
	ALG_WATCH_MAX_MS = 24 * 3600 * 1000, /* ...but no later */
	ALG_AUDITS_MAX = 32,    /* contexts asked for at a time when a gateway came back */
	ALG_ORPHANS_MAX = 65536, /* contexts that no call has any more, of all gateways, until they are subtracted */
	ALG_ORPHAN_MS = 1000,   /* until a Subtract of these is tried again that was refused; doubles... */
	ALG_ORPHAN_MAX_MS = 30000, /* ...up to this */
	ALG_ORPHAN_TRIES = 8,   /* then it is left to hangterm */
	ALG_REPEAT_MS = 200,    /* until a request is repeated, if the gateway does not say how long it takes */
	ALG_NETWORK_MS = 100,   /* there and back, in addition to what it says */
	ALG_COOL_MS = 10000,    /* a gateway that refused a context comes last for so long */
	/* telling the P-CSCF of failures (--on-failure) */
	ALG_TARGETS_MAX = 8,
	ALG_PATH_MAX = 256,     /* of a URL or a program, with NUL */
	ALG_RPC_MAX = 256,      /* --on-failure-rpc, with NUL */
	ALG_RPC_BYTES_MAX = 16384,
	ALG_TELLS_MAX = 65536,  /* failures that wait to be told */
	ALG_TELLS_RUNNING = 16, /* connections or children at a time */
	ALG_TELL_MS = 5000,     /* one try */
	ALG_TELL_ROUNDS = 4,    /* through all targets... */
	ALG_TELL_PAUSE_MS = 1000, /* ...with 1, 2, 4 s between */
	ALG_RESOLVE_MS = 3000,  /* a host name in SDP; without an answer it counts as unknown */
	ALG_LINGER_MS = 2000,   /* a call that was told of and is not deleted goes by itself */
	/* NG */
	NG_RUNNING_MAX = 65536,                /* requests being executed */
	NG_CACHE_MS = 30000,                   /* a generation; a reply is kept for one to two of them */
	NG_CACHE_ENTRIES_MAX = 1 << 19,        /* of one generation */
	NG_CACHE_BYTES_MAX = 128 * 1024 * 1024,
	NG_TCP_MAX = 256,                      /* connections */
	NG_TCP_OUT_MAX = 1024 * 1024,          /* replies that a peer did not take yet */
	NG_ROOM_BYTES = 4 * 1024 * 1024,       /* of datagrams not read yet; the usual 208 KiB hold 90 offers */
	NG_DATAGRAMS_A_TURN = 64,              /* then other work gets its turn */
	NG_LIST_DEFAULT = 32,
};
