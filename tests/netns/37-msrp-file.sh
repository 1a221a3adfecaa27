#!/bin/bash
# A file of any size through an application-aware gateway, from a UE that is openssl and the shell: it arrives whole, and
# the gateway's memory stays what it was. MSRP_FILE_MIB=2048 shows it with 2 GiB.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
for tool in openssl perl sha1sum; do command -v $tool >/dev/null || skip "$tool is not installed"; done
netns_begin

MIB=${MSRP_FILE_MIB:-64}
GROWS_KIB=4096 # at most: buffers of both legs, allocated when the first octets come
limit=$((300 + MIB / 8))

# The gateway's memory in KiB: VmRSS now, VmHWM at most.
memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(cat "$WORK/agw.pid")/status"; }

# The core: takes one connection, says what the body is, and ends.
cat >"$WORK/core.pl" <<-'PERL'
	use IO::Socket::INET; use Digest::SHA;
	my ($address, $left) = @ARGV;
	alarm 3600;
	my $l = IO::Socket::INET->new(LocalAddr => $address, Listen => 1, ReuseAddr => 1) or die "listen: $!";
	$| = 1; print "listening\n";
	my $s = $l->accept or die "accept: $!";
	my ($buf, $sha) = ("", Digest::SHA->new(1));
	while ($buf !~ /\r\n\r\n/) { sysread($s, $buf, 65536, length $buf) or die "no head"; }
	my $head = substr($buf, 0, index($buf, "\r\n\r\n") + 4, "");
	while ($left > 0) {
		if ($buf eq "") { sysread($s, $buf, 1 << 20) or die "$left octets are missing"; }
		my $part = substr($buf, 0, $left, "");
		$sha->add($part); $left -= length $part;
	}
	while ($buf !~ /\$\r\n$/) { sysread($s, $buf, 65536, length $buf) or die "no end-line"; }
	print "tail $buf", "body ", $sha->hexdigest, "\n";
PERL

# What the UE says, and the body's hash in ue.sum.
say_it() {
	printf '%s\r\n' 'MSRP bigfile1 SEND' "To-Path: $1" "From-Path: msrps://$UE4:9/ue12345678;tcp" 'Message-ID: 1' \
		'Failure-Report: no' "Byte-Range: 1-*/*" 'Content-Type: application/octet-stream' ''
	head -c "${MIB}M" /dev/urandom | tee >(sha1sum >"$WORK/ue.sum")
	printf '\r\n%s$\r\n' -------bigfile1
}

start_daemons
make_ue ue
start core core perl "$WORK/core.pl" "$CORE4:$CORE_PORT" $((MIB << 20))
wait_for 30 grep -q listening "$WORK/core.log"
CEMA= ue_offer 4 file "$FINGERPRINT" active
CEMA= core_answer 4 file passive || fail "the answer was refused"
before=$(memory VmRSS)
began=$(date +%s)
say_it "$(path_in "$WORK/file.answer.out")" |
	in_ns ue timeout $limit openssl s_client -quiet -connect "$T1" -cert "$WORK/ue.pem" -key "$WORK/ue.key" \
		>"$WORK/ue.log" 2>&1
wait_for $limit grep -q '^body' "$WORK/core.log"
wait_for_exit core || fail "the core is not content"
after=$(memory VmRSS) most=$(memory VmHWM)
note "$MIB MiB in $(($(date +%s) - began)) s; memory of ims-agw before $before KiB, after $after KiB, at most $most KiB"
[ "$(sed -n 's/^body //p' "$WORK/core.log")" = "$(cut -d' ' -f1 "$WORK/ue.sum")" ] || fail "the file is another"
if grep -qaE '__(asan|tsan)_init' "$(command -v ims-agw)"; then
	note "memory is not judged with sanitizers"
else
	[ $((most - before)) -le $GROWS_KIB ] || fail "the gateway's memory grew by $((most - before)) KiB"
fi
ctl delete --call-id=file --from-tag=ue >/dev/null || fail "delete"
wait_for 30 no_contexts
stop_daemons
