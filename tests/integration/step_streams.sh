#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A USER other than root opens /dev/stdout, /dev/stderr and /dev/stdin again, and its terminal; our own
# files that stdout and stdin are keep their owner.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
USER ann
RUN echo one >/dev/stdout; echo two | tee /dev/stderr >/dev/null; echo three >/proc/self/fd/1; echo four >>/proc/self/fd/2
USER 1234:1234
RUN ["/bin/sh", "-c", "echo five >>/dev/stdout"]
USER root
RUN echo six >/dev/stderr
END
succeeds cairn build --progress=plain -t streams .
for word in one two three four five six; do
  grep -qE "^#[0-9]+ [0-9.]+ $word\$" "$err" || { cat "$err" >&2; fail "$word did not arrive"; }
done
for user in ann 1234:1234 root; do
  echo given >input
  chmod 600 input
  before=$(stat -c '%a %u:%g' input)
  cairn run -i -u "$user" streams sh -c 'cat /dev/stdin >/dev/stdout; echo err >/dev/stderr' <input >"$out" 2>"$err"
  same "$(grep -hv '^note: ' "$out" "$err")" "$(printf 'given\nerr')" "what $user wrote"
  same "$(stat -c '%a %u:%g' input)" "$before" "the owner of our input"
  script -qec "'$CAIRN' run -it -u $user streams sh -c 'echo tty >/dev/stdout'" /dev/null </dev/null >"$out"
  contains "$out" tty
done
# Our descriptors are not the step's: it changes nothing of them.
cairn run -i streams sh -c 'chmod 666 /proc/self/fd/0 /proc/self/fd/1; cat' <input >"$out"
same "$(stat -c %a input)" 600 "our input"
same "$(cat "$out")" given
# Who stops reading stops the command; input that nobody reads holds nothing up; much passes whole.
same "$(timeout 20 "$CAIRN" run streams yes 2>/dev/null | head -n 1)" y
timeout 20 "$CAIRN" run -i streams true < <(yes) || fail "input that nobody reads"
head -c 3000000 /dev/zero | cairn run -i streams cat | wc -c | grep -qx 3000000 || fail "bytes were lost"
! cairn run streams echo x >/dev/full 2>"$err" || fail "a full device went unnoticed"
contains "$err" "writing the result to standard output failed"
