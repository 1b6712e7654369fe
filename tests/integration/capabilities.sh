#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U02: a step has the fourteen capabilities that docker gives, a filter of system calls, and may still use setuid.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
RUN cat /proc/self/status >/status
USER ann
RUN cat /proc/self/status >/tmp/status
END
succeeds cairn build -t facts .
cairn run facts cat /status >"$scratch/status"
# chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod
# audit_write setfcap
contains "$scratch/status" "CapEff:	00000000a80425fb"
contains "$scratch/status" "CapBnd:	00000000a80425fb"
contains "$scratch/status" "CapInh:	0000000000000000"
contains "$scratch/status" "Seccomp:	2"
contains "$scratch/status" "NoNewPrivs:	0"
cairn run facts cat /tmp/status >"$scratch/status"
contains "$scratch/status" "CapEff:	0000000000000000"
contains "$scratch/status" "CapAmb:	0000000000000000"
contains "$scratch/status" "CapBnd:	00000000a80425fb"
contains "$scratch/status" "Uid:	1000	1000	1000	1000"
