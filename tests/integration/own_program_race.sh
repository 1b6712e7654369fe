#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A step rewrites a program in a cache mount, harmless and as a script of the host's own cairn in turn, while the
# steps of other builds execute it from there: nothing of cairn's file changes, and it is executed by nobody.
. "$(dirname "$0")/lib.sh"
attacker_image
before=$(own_program)
# The swapper ends when it is told to, or by itself when nobody is there any more.
cat >swapper <<'END'
FROM attacker
RUN --mount=type=cache,target=/held i=0; while [ ! -e /held/go ] && [ $((i += 1)) -lt 30000 ]; do \
  for file in script secret good; do cp -p /$file /held/new; mv -f /held/new /held/race; [ -e /held/begun ] || touch /held/begun; done; done
END
"$CAIRN" build --progress=plain -f swapper . >"$scratch/swapper.log" 2>&1 &
swapper=$!
wait_until held >/dev/null || { cat "$scratch/swapper.log"; fail "the step does not run"; }
ran=0 refused=0
for i in $(seq 60); do
  printf 'FROM attacker\nUSER %s\nRUN --mount=type=cache,target=/held ["/held/race"]\n' $((i % 2 * 1000)) >Dockerfile
  if "$CAIRN" build --no-cache --progress=plain . >>"$scratch/raced" 2>&1; then
    ran=$((ran + 1))
  else
    refused=$((refused + 1))
  fi
done
let_go
wait $swapper || { cat "$scratch/swapper.log"; fail "the step that rewrites"; }
echo "executed $ran times, refused $refused times"
lacks "$scratch/raced" "the host's program runs here"
same "$(own_program)" "$before" "the host's program"
same "$(grep '^error: ' "$scratch/raced" | sort -u)" \
  'error: process "/held/race" did not complete successfully: exit code: 126: exec "/held/race": Permission denied'
[ $ran != 0 ] && [ $refused != 0 ] || fail "it was no race"
