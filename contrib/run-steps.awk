# Reads `tcpdump -A -tttt` of loopback; prints "time<TAB>step<TAB>text" for SYNs and H.248 messages.
# Variables: t1 = port of T1, core = port of the core peer.
function emit(step, text) { printf "%s\t%s\t%s\n", when, step, text }
function flush_message() {
	if (body ~ /Add *= *ip\/1\/access\/\$/) {
		emit("2", "IMS-ALG reserves T1: Add " (body ~ /[Ll]ink *= *ON/ ? "with interlinkage" : "without interlinkage"))
		emit("5", "IMS-ALG reserves and configures T2 (same transaction)")
	} else if (body ~ /Add *= *ip\/1\/access\/[0-9]/) {
		emit("3, 4", "IMS-AGW answers for T1: address, port, fingerprint of its certificate")
		emit("6, 7", "IMS-AGW answers for T2: address, port")
	} else if (body ~ /Modify *= *ip\/1\/access/ && body ~ /Transaction *=/) {
		emit("14", "IMS-ALG configures T1: the UE's address and fingerprint, accept SYN now" \
			(body ~ /EstBNC/ ? "; orders the connection at T2" : ""))
	} else if (body ~ /Modify *= *ip\/1\/access/ && body ~ /Reply *=/) {
		emit("15, 16", "IMS-AGW has configured T1")
	}
	body = ""
}
/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9:.]* IP/ {
	flush_message()
	when = $1 "T" substr($2, 1, 12) "Z"
	split($6, to, ":")
	n = split(to[1], part, ".")
	port = part[n]
	if ($0 ~ /Flags \[S/) {
		if (port == t1) {
			syns++
			emit(syns == 1 ? "10" : "10'", "the UE's SYN to T1" (syns == 1 ? "" : ", repeated"))
		} else if (port == core) {
			emit("11", "IMS-AGW sends a SYN from T2 to the core")
		}
	}
	next
}
{ body = body " " $0 }
END { flush_message() }
