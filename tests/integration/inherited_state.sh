#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whatever our parent left us - signals ignored or blocked, descriptors closed - builds run, and steps get
# defaults.
. "$(dirname "$0")/lib.sh"
have python3
base_image
cat >Dockerfile <<'END'
FROM base
RUN grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\t' | tr '\n' ' ' >/signals; ls /proc/self/fd | tr '\n' ' ' >/fds
END
# with SETUP COMMAND...: python runs SETUP, then becomes the command.
with() { python3 -c 'import os, signal, sys; exec(sys.argv[1]); os.execvp(sys.argv[2], sys.argv[2:])' "$@"; }
check() {
  same "$(cairn run facts cat /signals)" "SigBlk:0000000000000000 SigIgn:0000000000000000 " "signals of a step after $1"
  same "$(cairn run facts cat /fds)" "0 1 2 3 " "descriptors of a step after $1"
}
for setup in 'signal.signal(signal.SIGCHLD, signal.SIG_IGN)' 'signal.signal(signal.SIGPIPE, signal.SIG_IGN)' \
  'signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)))' \
  '[signal.signal(s, signal.SIG_IGN) for s in range(1, 65) if s not in (9, 19, 32, 33)]' 'os.close(0)' 'os.close(2)' \
  'os.close(0); os.close(1); os.close(2)'; do
  with "$setup" "$CAIRN" build --no-cache -t facts . >"$out" 2>"$err" || { cat "$err" >&2; fail "a build after $setup"; }
  check "$setup"
done
# Commands that have no children of ours to wait for are the same.
(trap '' CHLD && "$CAIRN" run facts true) || fail "a run with SIGCHLD ignored"
same "$("$CAIRN" run -i facts cat <&-)" "" "an input that is closed"
# The first file that is opened does not become descriptor 2, with our messages in it.
before=$(image_id facts)
"$CAIRN" build -t facts . >&- 2>&- <&- || fail "a build without descriptors"
same "$(image_id facts)" "$before" "the image of a build without descriptors"

# The soft limit of open files is raised for us and not for steps.
mkdir ctx
python3 - <<'END'
import os
here = os.open("ctx", os.O_RDONLY)
for _ in range(300):
    os.mkdir("d", dir_fd=here)
    here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
    os.close(above)
END
printf 'FROM base\nCOPY ctx /ctx\nRUN ulimit -Sn >/limit\n' >Dockerfile
(ulimit -Sn 100; "$CAIRN" build -t deep . >"$out" 2>"$err") || { cat "$err" >&2; fail "a deep directory with few open files"; }
same "$(cairn run deep cat /limit)" 100 "the limit of open files of a step"

# nohup(1) holds.
printf 'FROM base\nRUN --mount=type=cache,target=/held %s\n' "$hold" >Dockerfile
(trap '' HUP && exec "$CAIRN" build --progress=plain . >"$out" 2>"$err") &
build=$!
wait_until held >/dev/null || fail "the step did not start"
# A signal that is ignored is gone as soon as it is sent (SIGHUP is the lowest bit).
(( 0x$(awk '$1 == "SigIgn:" {print $2}' /proc/$build/status) & 1 )) || fail "a build under nohup does not ignore SIGHUP"
kill -HUP $build
let_go
wait $build || { cat "$err" >&2; fail "a hang-up ended a build under nohup"; }
