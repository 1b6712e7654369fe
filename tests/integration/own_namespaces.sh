#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A step shares no namespace with the host, nor with the next step: users, mounts, processes, IPC, host name and
# control groups are its own. It sees no shared memory of the host, and not where the host has its control group.
. "$(dirname "$0")/lib.sh"
base_image
have python3
kinds="user mnt pid ipc uts cgroup"
namespaces="for kind in $kinds; do readlink /proc/self/ns/\$kind; done"
cat >Dockerfile <<END
FROM base
RUN $namespaces >/first; cat /proc/self/cgroup >/groups; cat /proc/sysvipc/shm >/seen
RUN $namespaces >/second
END
key=$((RANDOM * 32768 + RANDOM + 1))
segment=$(python3 -c "import ctypes; print(ctypes.CDLL(None).shmget($key, 4096, 0o1666))")
at_exit "ipcrm -m $segment"
grep -qE "^ *$key " /proc/sysvipc/shm || skip "no shared memory can be made here"
succeeds cairn build --no-cache -t facts .
for file in first second groups seen; do cairn run facts cat /$file >"$scratch/$file"; done
eval "$namespaces" >"$scratch/host"
for kind in $kinds; do
  for file in host first second; do grep "^$kind:" "$scratch/$file" || fail "no namespace of kind $kind"; done >"$out"
  # That of control groups is made once, with the launcher, for all steps of a build.
  [ "$kind" != cgroup ] || sed -i 3d "$out"
  same "$(sort "$out" | uniq -d)" "" "shared namespaces"
done
! grep -v ':/$' "$scratch/groups" || fail "a step sees where the host has its control group"
! grep -E "^ *$key " "$scratch/seen" || fail "a step sees the host's shared memory"
