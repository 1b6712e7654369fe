#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds that share a store at the same time all succeed, and what one has done the next ones use.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<END
FROM base
RUN --mount=type=cache,target=/held $hold; date +%s%N >/same
ARG NUMBER
RUN echo "\$NUMBER" >/number
COPY Dockerfile /
END
pids=()
for i in 1 2 3 4 5 6; do
  "$CAIRN" build --progress=plain --build-arg NUMBER=$i -t "app:$i" . >"$scratch/log$i" 2>&1 &
  pids+=($!)
done
# All six are at work: one runs the first step, the others wait for it.
all_wait() { [ "$(grep -l "another build is running this step" "$scratch"/log? | wc -l)" = 5 ]; }
wait_until all_wait || { cat "$scratch"/log?; fail "six builds are not at work at once"; }
let_go
# Readers and removers meanwhile.
while [ -n "$(jobs -rp)" ]; do succeeds cairn images; cairn rmi app:1 >/dev/null 2>&1 || true; done
for i in 1 2 3 4 5 6; do
  wait "${pids[i - 1]}" || { cat "$scratch/log$i"; fail "build $i of six at once"; }
done
for i in 2 3 4 5 6; do same "$(cairn run app:$i cat /number)" $i; done

# All of it is there now.
succeeds cairn build --progress=plain --build-arg NUMBER=3 -t again .
same "$(grep -c CACHED "$err")" 4 "cached steps"
same "$(image_id again)" "$(image_id app:3)"
check_tmp
