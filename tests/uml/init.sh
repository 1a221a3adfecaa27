#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The first process of the kernel that run.sh boots: sets up the little that scripts want, runs them, and turns it off.
export PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run/tmp
number=0

result() { # OK-OR-NOT SCRIPT [DIRECTIVE]
	number=$((number + 1))
	echo "$1 $number - ${2#"$TOP_SRCDIR/"}${3:-}"
}

run() {
	local rc log=/run/log begin=$SECONDS
	echo "# ${1#"$TOP_SRCDIR/"}"
	# In namespaces of its own, so that nothing of it stays.
	(cd "$TOP_BUILDDIR" && exec timeout -k 20 "$UML_SCRIPT_S" unshare -nmpf --mount-proc --kill-child \
		bash -c 'ip link set lo up; . "$1"' "$1" "$1") >$log 2>&1 </dev/null
	rc=$?
	sed 's/^/#   /' $log
	echo "#   ($((SECONDS - begin)) s)"
	case $rc in
	0) result ok "$1" ;;
	77) result ok "$1" " # SKIP $(sed -n 's/.*SKIP: *//p' $log | head -n 1)" ;;
	*) result "not ok" "$1" ; echo "#   exit status $rc" ;;
	esac
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/bin /run/tmp /run/kmod/lib /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -s /proc/self/fd /dev/fd
# The modules do not stand where the kernel and modprobe look for them.
ln -s /usr/lib/uml/modules /run/kmod/lib/modules
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/kmod "$@"\n' >/run/bin/modprobe
chmod +x /run/bin/modprobe
echo /run/bin/modprobe >/proc/sys/kernel/modprobe
modprobe ipv6
stty -onlcr

echo "# up: Linux $(uname -r) after $(cut -d ' ' -f 1 /proc/uptime) s"
IFS=: read -ra scripts <<<"$UML_SCRIPTS"
for script in "${scripts[@]}"; do run "$script"; done
echo "# done after $(cut -d ' ' -f 1 /proc/uptime) s"
echo o >/proc/sysrq-trigger
sleep 60
