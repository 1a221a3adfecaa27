#!/bin/bash
# A controller that we did not write, Erlang/OTP's megaco application, drives ims-agw through whole calls, over TCP and
# UDP, IPv4 and IPv6: registration, Add, Modify, audits, a failure, Subtract with statistics, going out of service.
. "$TOP_SRCDIR/tests/netns/lib.sh"
. "$TOP_SRCDIR/tests/netns/daemons.sh"
. "$TOP_SRCDIR/tests/netns/erlang.sh"
. "$TOP_SRCDIR/tests/netns/wire.sh"
netns_begin
need_erlang
F=4 # IP version of H.248 and of the calls

# add: a context with T1 (TLS, latching) and T2 (TCP, towards the core); sets CTX, T1, A and C.
add() {
	request ok <<-END
	Context = \$ {
	  Add = ip/1/access/\$ { Media { Stream = 1 {
	      LocalControl { Mode = SendReceive, ipdc/realm = "access", seplink/link = ON },
	      Local {
	v=0
	c=IN IP$F \$
	m=message \$ TCP/TLS *
	a=setup:actpass
	a=fingerprint:sha-256 \$
	} } },
	    Events = 11 { hangterm/thb { timerx = 600 }, tcpbcc/BNCChange, tlsbsc/BNCChange, g/cause, g/sc },
	    Signals { ipnapt/latch { napt = LATCH, NotifyCompletion = { TimeOut } } } },
	  Add = ip/1/core/\$ { Media { Stream = 1 {
	      LocalControl { Mode = SendReceive, ipdc/realm = "core" },
	      Local {
	v=0
	c=IN IP$F \$
	m=message \$ TCP *
	a=setup:actpass
	},
	      Remote {
	v=0
	c=IN IP$F $(ip_of $F CORE)
	m=message $CORE_PORT TCP *
	a=setup:passive
	} } },
	    Events = 12 { g/cause } } }
	END
	CTX=$(from_reply 'Context *= *\([0-9]*\)')
	A=$(from_reply 'Add *= *\(ip\/1\/access\/[0-9]*\)')
	C=$(from_reply 'Add *= *\(ip\/1\/core\/[0-9]*\)')
	T1=$(bracket "$(from_reply "c=IN IP$F \(.*\)")"):$(from_reply 'm=message \([0-9]*\) TCP')
	replied 'a=fingerprint:sha-256([0-9A-F]{2}:){31}[0-9A-F]{2}' || fail "no fingerprint of the gateway"
	[ -n "$CTX" ] && [ -n "$A" ] && [ -n "$C" ] || fail "what was chosen is not in: $REPLY_TEXT"
}

# The UE's answer: its address and fingerprint.
modify() {
	request ok <<-END
	Context = $CTX { Modify = $A { Media { Stream = 1 {
	    LocalControl { Mode = SendReceive, ipdc/realm = "access", seplink/link = ON },
	    Remote {
	v=0
	c=IN IP$F $(ip_of $F UE)
	m=message 9 TCP/TLS *
	a=setup:active
	a=fingerprint:$1
	} } }, Signals { ipnapt/latch { napt = LATCH, KeepActive } } } }
	END
}

audit() {
	request ok <<<'Context = - { AuditValue = ROOT { Audit { } } }'
	request ok <<<'Context = - { AuditValue = ROOT { Audit { Media, Packages } } }'
	replied 'ServiceStates=InService' || fail "ROOT is not in service: $REPLY_TEXT"
	replied 'Packages\{.*nt-1.*\}' || fail "no package nt: $REPLY_TEXT"
	request ok <<<"Context = $CTX { AuditValue = $A { Audit { Media, Events, Signals, Statistics } } }"
	replied 'Mode=SendReceive' && replied 'm=message[0-9]+TCP/TLS' && replied 'hangterm/thb' &&
		replied 'nt/or=[1-9]' || fail "the audit is not complete: $REPLY_TEXT"
	request ok <<<"Context = $CTX { AuditValue = * { Audit { } } }"
	request 'error 430' <<<"Context = $CTX { AuditValue = ip/1/access/99999 { Audit { } } }"
	request 'error 411' <<<'Context = 99999 { AuditValue = * { Audit { } } }'
	request ok <<<'Context = * { AuditValue = ROOT { Audit { } } }'
	replied "Context=$CTX\{AuditValue=ROOT\}" || fail "the context is not listed: $REPLY_TEXT"
	request ok <<<"Context = * { AuditValue = $C { Audit { } } }"
	replied "Context=$CTX\{AuditValue=$C\}" || fail "the termination is not found: $REPLY_TEXT"
	request ok <<<"Context = $CTX { Priority = 5, ContextAudit { Topology, Emergency, Priority } }"
	replied 'Priority=5' && replied "Topology\{$A,$C,Bothway\}" || fail "not the context's properties: $REPLY_TEXT"
	request ok <<<"Context = $CTX { W-AuditValue = * { Audit { Events, Signals, Statistics, Packages } } }"
	replied 'AuditValue=\*\{.*nt/or=[1-9]' || fail "no sums in a W- response: $REPLY_TEXT"
	capabilities
	request ok <<<'Context = - { AuditCapability = ROOT { Audit { Media, Events } } }'
}

# All that two terminations can do fits into no datagram.
capabilities() {
	local all="{ Audit { Media, Events, Signals, Statistics, Packages } }"
	request ok <<<"Context = $CTX { AuditCapability = $A $all }"
	all="Context = $CTX { AuditCapability = $A $all, AuditCapability = $C $all }"
	if [[ $PEER == *tcp* ]]; then
		request ok <<<"$all"
	else
		request 'error 533' <<<"$all"
		replied "Context=$CTX\{AuditCapability=$A\{Error=533" || fail "the termination is not named: $REPLY_TEXT"
	fi
}

# The gateway hears nothing from its controller and says so.
watch() {
	request ok <<<'Context = - { Modify = ROOT {
		Media { TerminationState { root/normalMGExecutionTime = 200 } }, Events = 7 { it/ito { mit = 100 } } } }'
	wait_for 30 heard '== told it/ito of 7'
	request ok <<<'Context = - { Modify = ROOT { Events } }'
	note "$PEER: its silence is told by it/ito"
}

# Bytes cross both ways, and the statistics of the release say so.
good_call() {
	core_peer $F core --messages=1
	add
	ue_peer ue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello --early
	modify "$FINGERPRINT"
	wait_for_exit ue || fail "the UE"
	wait_for_exit core || fail "the core peer"
	wait_for 30 heard '== told g/sc of 11'
	audit
	request ok <<<"Context = $CTX { Subtract = $A { Audit { Statistics } }, Subtract = $C { Audit { Statistics } } }"
	replied 'nt/or=[1-9]' && replied 'nt/os=[1-9]' || fail "no octets were counted: $REPLY_TEXT"
	wait_for 30 no_contexts
	note "$PEER: a call with $(from_reply '\(nt\/or *= *[0-9]*\)'), statistics and audits"
}

# Another certificate than the one signalled: a Notify, no octet at the core.
bad_call() {
	make_ue other
	core_peer $F badcore
	add
	ue_peer badue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=secret --early
	modify "$FINGERPRINT"
	wait_for_exit badue && fail "the UE's call succeeded with a wrong certificate"
	wait_for 30 heard '== told tlsbsc/bncchange of 11'
	heard 'fp-mismatch' || fail "the Notify does not say why"
	stop badcore
	grep -q 'bytes-in=[1-9]' "$WORK/badcore.log" && fail "bytes reached the core"
	request ok <<<"Context = $CTX { Subtract = * { Audit { } } }"
	wait_for 30 no_contexts
	note "$PEER: a wrong certificate is told by a Notify"
}

# A context without TLS whose T1 takes the UE's network and ten of its ports only, is policed and marked.
add_policed() {
	request ok <<-END
	Context = \$ {
	  Add = ip/1/access/\$ { Media { Stream = 1 {
	      LocalControl { Mode = SendReceive, gm/saf = ON, gm/sam = "${UE4%.*}.0/24", gm/spf = ON, gm/spr = "41000-41009",
	        tman/pol = ON, tman/sdr = 1500, tman/mbs = 500, ds/dscp = 0x2e, seplink/link = ON },
	      Local {
	v=0
	c=IN IP4 \$
	m=message \$ TCP *
	a=setup:passive
	} } } },
	  Add = ip/1/core/\$ { Media { Stream = 1 {
	      LocalControl { Mode = SendReceive, ds/tb = OFF },
	      Local {
	v=0
	c=IN IP4 \$
	m=message \$ TCP *
	a=setup:actpass
	},
	      Remote {
	v=0
	c=IN IP4 $CORE4
	m=message $CORE_PORT TCP *
	a=setup:passive
	} } } } }
	END
	CTX=$(from_reply 'Context *= *\([0-9]*\)')
	A=$(from_reply 'Add *= *\(ip\/1\/access\/[0-9]*\)')
	C=$(from_reply 'Add *= *\(ip\/1\/core\/[0-9]*\)')
	T1=$(from_reply 'c=IN IP4 \(.*\)'):$(from_reply 'm=message \([0-9]*\) TCP')
}

plain_ue() {
	start "$1" ue msrp_peer --name="$1" --connect="$T1" --bind="$UE4:$2" --timeout="$3" --send="$TEXT"
}

# gm, tman, ds: on the wire, not only in the replies.
packages() {
	local began took
	TEXT=$(head -c 3500 /dev/zero | tr '\0' x)
	core_peer 4 core --messages=1
	start marks ue tcpdump -i any -n -v -l --immediate-mode tcp
	wait_for 30 grep -q 'listening on' "$WORK/marks.log"
	add_policed
	plain_ue stranger 42000 2
	wait_for_exit stranger && fail "a port outside of gm/spr was let in"
	began=$(date +%s%N)
	plain_ue ue 41003 120
	wait_for_exit ue || fail "the UE"
	took=$((($(date +%s%N) - began) / 1000000))
	wait_for_exit core || fail "the core peer"
	[ "$took" -ge 1900 ] || fail "3500 octets at 1500 a second after 500 crossed in $took ms"
	wait_for 30 grep -q 'tos 0xb8' "$WORK/marks.log"
	stop marks
	request ok <<<"Context = $CTX { AuditValue = $A { Audit { Media { Stream = 1 { LocalControl { tman/sdr, gm/spr } } } } } }"
	replied 'LocalControl\{gm/spr=\[41000:41009\],tman/sdr=1500\}' || fail "not the items that were asked for: $REPLY_TEXT"
	request 'error 532' <<<"Context = $CTX { AuditValue = $A { Audit { Statistics { acme/none } } } }"
	note "$PEER: 3500 octets took $took ms, another port and another mark were not there"
}

# One termination, and a realm whose interface goes down.
service_states() {
	local forced restarted
	request ok <<<"Context = $CTX { ServiceChange = $A { Services { Method = Forced, Reason = \"905 Taken out\" } } }"
	request ok <<<"Context = $CTX { AuditValue = $A { Audit { Media { TerminationState { ServiceStates } } } } }"
	replied 'ServiceStates=OutOfService' || fail "still in service: $REPLY_TEXT"
	request ok <<<"Context = $CTX { ServiceChange = $A { Services { Method = Restart, Reason = \"900 Restored\" } } }"
	request ok <<<'Context = - { Modify = ROOT { Events = 8 { ipra/arc } } }'
	in_ns gw ip link set to-core down
	wait_for 30 heard '== told forced 906'
	wait_for 30 heard '== told ipra/arc of 8'
	request 'error 530' <<<'Context = $ { Add = ip/1/core/$ { Media { Local {
v=0
c=IN IP4 $
m=message $ TCP *
} } } }'
	in_ns gw ip link set to-core up
	wait_for 30 heard '== told restart 900'
	request ok <<<"Context = $CTX { Subtract = * }"
	note "$PEER: a termination out of service and back, and a realm whose interface was down"
}

out_of_service() {
	add
	ctl agw drain >/dev/null || fail "drain"
	wait_for 30 heard '== told graceful 905'
	request 'error 503' <<<'Context = $ { Add = ip/1/access/$ { Media { Local {
v=0
c=IN IP'$F' $
m=message $ TCP *
} } } }'
	request ok <<<"Context = $CTX { Subtract = * }"
	wait_for 30 heard '== told forced 905'
	wait_for_exit agw || fail "ims-agw ended with $?"
	note "$PEER: told Graceful, no new call, told Forced after the last one"
}

# Every fourth message is lost, which hits requests and replies in turn: nothing is done twice.
lossy() {
	in_ns gw iptables -A INPUT -i lo -p udp -m statistic --mode nth --every 4 --packet 0 -j DROP 2>/dev/null ||
		{ note "no loss here: iptables cannot drop every fourth packet"; return; }
	for _ in 1 2 3; do
		add
		request ok <<<"Context = $CTX { AuditValue = * { Audit { } } }"
		request ok <<<"Context = $CTX { Subtract = * }"
	done
	in_ns gw iptables -F INPUT
	wait_for 30 no_contexts
	ctl agw show counters >"$WORK/counters"
	grep -q '"duplicates": *[1-9]' "$WORK/counters" || fail "no request came twice: $(cat "$WORK/counters")"
	grep -q '"adds": *10\b' "$WORK/counters" || fail "not 10 terminations were added: $(cat "$WORK/counters")"
	note "$PEER: a fourth of all messages lost, nothing done twice"
}

# The way carries less than --h248-mtu says: the kernel tells, and nothing is fragmented.
narrow() {
	request ok <<<'Context = - { AuditCapability = ROOT { Audit { Media, Events } } }'
	in_ns gw ip link set lo mtu 512
	request 'error 533' <<<'Context = - { AuditCapability = ROOT { Audit { Media, Events } } }'
	in_ns gw ip link set lo mtu 65536
	ctl agw show counters | grep -q '"replies_too_big": *[2-9]' || fail "not counted: $(ctl agw show counters)"
	note "$PEER: a reply that the way does not carry is told by 533"
}

one_datagram_each() {
	local most=$((1500 - 8 - (F == 6 ? 40 : 20))) long
	long=$(find "$WORK/$PEER.trace/in" -type f -size +"${most}c")
	[ -z "$long" ] || fail "messages above the MTU: $long"
}

capture_h248 mgc
# Each time the gateway writes another way. IPv6 first: an interface that was down has lost its IPv6 addresses.
for kind in "tcp compact 6 erlang" "udp pretty 6 terse --h248-tokens=long" \
	"udp compact 4 erlang --h248-response-ack=off" "tcp pretty 4 default"; do
	set -- $kind
	F=$3
	make_ue ue
	start_peer "mgc-$1-$2" mgc "$1" "$(ip_of "$F" LOOP)" 2944 "$2"
	start agw gw ims-agw --control="$WORK/agw.sock" --mgc="$1:$(bracket "$(ip_of "$F" LOOP)"):2944" --h248-profile="$4" \
		${5:+"$5"} --log-level=debug --workers=1 --realm="access,address=$(ip_of "$F" GW_ACCESS),ports=20000-20199" \
		--realm="core,address=$(ip_of "$F" GW_CORE),ports=30000-30199"
	wait_for 30 heard '== told restart 901'
	wait_for 30 agw_registered "$1" "$(ip_of "$F" LOOP)"
	good_call
	bad_call
	watch
	[ "$1 $2" != "tcp pretty" ] || { packages; service_states; }
	[ "$1$F" != udp4 ] || { lossy; narrow; }
	[ "$1" != udp ] || one_datagram_each
	out_of_service
	end_peer
done
check_capture mgc 200
check_texts
