#!/bin/bash
# Two controllers, both Erlang/OTP's megaco application: the gateway goes to the second one when the first is gone, keeps
# its contexts and its relayed connection, and goes back when it is sent back (MgcIdToTry), over TCP and UDP, the
# latter over IPv6.
. "$TOP_SRCDIR/tests/netns/lib.sh"
. "$TOP_SRCDIR/tests/netns/daemons.sh"
. "$TOP_SRCDIR/tests/netns/erlang.sh"
. "$TOP_SRCDIR/tests/netns/wire.sh"
netns_begin
need_erlang

capture_h248 failover
# The gateway writes as two profiles have it that no other script sees; that of version 1 knows no Failover.
for kind in "tcp 4 v1" "udp 6 annex-b"; do
	set -- $kind
	told="failover 909"
	[ "$3" != v1 ] || told="restart 900"
	proto=$1 first=$(ip_of "$2" LOOP) second=$(ip_of "$2" GW_CORE)
	start_peer first-$proto mgc $proto "$first" 2944 pretty
	start_peer second-$proto mgc $proto "$second" 2944 compact
	start agw gw ims-agw --control="$WORK/agw.sock" --mgc="$proto:$(bracket "$first"):2944" \
		--mgc="$proto:$(bracket "$second"):2944" --h248-profile="$3" --log-level=debug --workers=1 \
		--realm="access,address=$GW_ACCESS4,ports=20000-20199" \
		--realm="core,address=$GW_CORE4,ports=30000-30199"
	use_peer first-$proto
	wait_for 30 heard '== told restart 901'
	wait_for 30 agw_registered $proto "$first"
	request ok <<-'END'
	Context = $ { Add = ip/1/access/$ { Media { LocalControl { Mode = SendReceive }, Local {
	v=0
	c=IN IP4 $
	m=message $ TCP *
	} } } }
	END
	CTX=$(from_reply 'Context *= *\([0-9]*\)')
	# Over UDP the loss shows when something that is sent is not answered.
	request ok <<<'Context = - { Modify = ROOT { Events = 7 { it/ito { mit = 100 } } } }'
	end_peer

	use_peer second-$proto
	wait_for 120 heard "== told $told"
	wait_for 30 agw_registered $proto "$second"
	request ok <<<'Context = * { AuditValue = ROOT { Audit { } } }'
	replied "Context=$CTX\\{AuditValue=ROOT\\}" || fail "the context was lost: $REPLY_TEXT"
	note "$proto, $3: the second controller finds the context of the first"

	start_peer first-again-$proto mgc $proto "$first" 2944 pretty
	use_peer second-$proto
	request ok <<<"Context = - { ServiceChange = ROOT { Services { Method = HandOff,
		Reason = \"903 MGC Directed Change\", MgcIdToTry = [$first]:2944 } } }"
	use_peer first-again-$proto
	wait_for 30 heard '== told handoff 903'
	wait_for 30 agw_registered $proto "$first" 2
	request ok <<<"Context = $CTX { Subtract = * }"
	wait_for 30 no_contexts
	note "$proto: handed over to the first one again"
	[ "$3" != v1 ] || ! grep -q "^MEGACO/2" "$WORK/second-$proto.trace/in"/* || fail "version 2 was spoken"
	stop agw || fail "ims-agw ended with $?"
	heard '== told forced 905' || fail "its leaving was not told"
	end_peer
	use_peer second-$proto
	end_peer
done
check_capture failover 30
check_texts
