#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A RUN has descriptors 0 to 2 and nothing else of ours: no files, no variables, no processes, no signals.
. "$(dirname "$0")/lib.sh"
base_image
export SECRET_OF_CALLER=leaked
exec 7</etc/passwd
cat >Dockerfile <<'END'
FROM base
ENV MINE=yes
RUN ls /proc/self/fd | tr '\n' ' ' >/fds; env >/env; ps -o pid,args >/processes; cat >/stdin; hostname >/hostname
RUN grep -E '^Sig(Blk|Ign)' /proc/self/status >/signals; umask >/umask
END
succeeds cairn build --progress=plain -t facts .
# The 3 is the directory that ls itself is reading.
same "$(cairn run facts cat /fds)" "0 1 2 3 "
cairn run facts cat /env >"$scratch/env"
contains "$scratch/env" MINE=yes
contains "$scratch/env" HOME=/root
lacks "$scratch/env" leaked
lacks "$scratch/env" CAIRN
cairn run facts cat /processes >"$scratch/processes"
same "$(wc -l <"$scratch/processes")" 3 "a heading, the shell and ps"
same "$(cairn run facts cat /stdin)" ""
same "$(cairn run facts cat /hostname)" buildkitsandbox
same "$(cairn run facts cat /signals | tr -d '\t' | tr '\n' ' ')" "SigBlk:0000000000000000 SigIgn:0000000000000000 "
same "$(cairn run facts cat /umask)" 0022
