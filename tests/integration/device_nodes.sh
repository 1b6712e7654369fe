#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Root of a step writes to the devices of its /dev, and cannot change the nodes, which are the host's own
# inodes: not by /dev, not by its standard input, not by the masks of /proc, insecure or not.
# The attack runs on copies: a /dev of our own, in a mount namespace of our own.
if [ "$(id -u)" = 0 ] && [ -z "${with_own_dev:-}" ] && [ "${2:-}" != user ]; then
  export with_own_dev=yes
  exec unshare -m --propagation private bash -ec '
    mount -t tmpfs -o mode=755 dev /mnt
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
      IFS=: read -r name major minor <<<"$node"
      mknod -m 666 "/mnt/$name" c "$major" "$minor"
    done
    mkdir /mnt/shm /mnt/pts; mount --bind /dev/pts /mnt/pts; ln -s pts/ptmx /mnt/ptmx; ln -s /proc/self/fd /mnt/fd
    mount --move /mnt /dev
    exec "$@"' bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
base_image
cat >attack.sh <<'END'
for node in /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /proc/self/fd/0 /proc/kcore /proc/keys /proc/timer_list; do
  [ -c $node ] || continue
  mount -o remount,rw,bind $node 2>/dev/null && echo "remounted $node"
  chmod 600 $node 2>/dev/null && echo "chmod $node"
  chown 1:1 $node 2>/dev/null && echo "chown $node"
  touch -d 2001-01-01 $node 2>/dev/null && echo "touch $node"
done
echo text >/dev/null || echo "/dev/null takes nothing"
[ "$(head -c 3 /dev/zero | wc -c)" = 3 ] || echo "/dev/zero gives nothing"
true
END
canary() { (cd /dev && stat -c '%n %a %u:%g %y' null zero full random urandom tty); }
before=$(canary)
printf 'FROM base\nRUN --mount=type=bind,target=/src sh /src/attack.sh >/result\n' >Dockerfile
succeeds cairn build -t attacked .
same "$(cairn run attacked cat /result)" "" "what a step could do"
printf 'FROM base\nRUN --security=insecure --mount=type=bind,target=/src sh /src/attack.sh >/result\n' >Dockerfile
succeeds cairn build --allow security.insecure -t attacked .
same "$(cairn run attacked cat /result)" "" "what an insecure step could do"
same "$(cairn run -v "$PWD:/src:ro" attacked sh /src/attack.sh)" "" "what a run could do"
same "$(cairn run -i -v "$PWD:/src:ro" attacked sh /src/attack.sh </dev/null)" "" "what a run with our input could do"
same "$(canary)" "$before" "the host's nodes"
