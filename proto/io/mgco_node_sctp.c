/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 over SCTP (H.248.4): a message is a user message, without TPKT. Messages take the streams in turn, so that
 * a lost packet holds up no other. As over UDP nothing depends on their order: who needs one waits for the reply. */
#include "proto/io/mgco_node.h"

#include "proto/base/err.h"
#include "proto/codec/tpkt.h"
#include "proto/io/mgco_node_priv.h"
#include "proto/io/sock_sctp.h"

enum { PPID_H248 = 7 };

int
sctp_write(struct mgco_assoc *as)
{
	struct span payload;
	size_t total;
	int rc = 0;

	/* What waits stands in frames, as for TCP: here they only keep the messages apart. */
	while (rc == 0 &&
	       tpkt_frame(span_of(as->unsent + as->unsent_at, as->unsent_len), &total, &payload) == 0) {
		rc = sock_sctp_send(as->fd, as->stream, PPID_H248, payload);
		if (rc != 0)
			break;
		as->stream = (uint16_t)((as->stream + 1) % as->n_streams);
		as->unsent_at += total;
		as->unsent_len -= total;
	}
	return rc == ERR_AGAIN ? 0 : rc;
}

int
sctp_take(struct mgco_assoc *as, struct span buf, bool is_whole, size_t *taken)
{
	/* A message beyond that is none, and what is kept must leave room for the next piece. */
	if (!is_whole && buf.len >= NODE_FRAME_BYTES)
		return ERR_SYNTAX;
	if (is_whole)
		node_on_message(as->owner, as, NULL, &as->peer, buf);
	*taken = is_whole ? buf.len : 0;
	return 0;
}
