#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Root in a step cannot change the host through /proc, /sys, /dev or mounts, not even when we are root.
. "$(dirname "$0")/lib.sh"
base_image
cat >attack.sh <<'END'
for path in /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sysrq-trigger /sys/power/state \
            /sys/kernel/mm/transparent_hugepage/enabled /proc/irq/default_smp_affinity /etc/hosts /etc/resolv.conf; do
  # Opened, not written: a value that the kernel refuses would look like a file that it protects.
  [ ! -e $path ] || { (: >>$path) 2>/dev/null && echo "opened $path"; }
done
for path in /proc/kcore /proc/keys /proc/timer_list; do
  [ ! -s $path ] || { head -c 1 $path >/dev/null 2>&1 && [ -n "$(head -c 1 $path)" ] && echo "read $path"; }
done
mount -t tmpfs none /mnt 2>/dev/null && echo "mounted"
mount -o remount,rw /proc/sys 2>/dev/null && echo "remounted /proc/sys"
umount /proc/sys 2>/dev/null && echo "unmounted /proc/sys"
mkdir /x && mknod /x/disk b 8 0 2>/dev/null && head -c 1 /x/disk >/dev/null 2>&1 && echo "read a disk"
rm -rf /x
unshare -m true 2>/dev/null && echo "made a mount namespace"
chroot /proc/1/root ls /work 2>/dev/null && echo "left the root"
kill -0 -1 2>/dev/null; dmesg >/dev/null 2>&1 && echo "read the kernel log"
swapoff -a 2>/dev/null && [ -s /proc/swaps ] && grep -q partition /proc/swaps && echo "swapoff"
hostname evil 2>/dev/null && [ "$(hostname)" = evil ] && echo "named the host"
true
END
printf 'FROM base\nRUN mkdir /mnt\nRUN --mount=type=bind,target=/src sh /src/attack.sh >/result\n' >Dockerfile
succeeds cairn build -t attacked .
same "$(cairn run attacked cat /result)" "" "what a step could do"
cairn run -v "$PWD:/src:ro" attacked sh /src/attack.sh >"$scratch/in_run"
same "$(cat "$scratch/in_run")" "" "what a run could do"
# -v is what it says, and its ro too.
expect_exit 1 cairn run -v "$PWD:/src:ro" attacked touch /src/file
succeeds cairn run -v "$PWD:/src" attacked touch /src/file
[ -e file ] || fail "nothing came through -v"
