#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds that share a store at the same time all succeed, and what one has done the next ones use.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
RUN sleep 0.3; date +%s%N >/same
ARG NUMBER
RUN echo "$NUMBER" >/number
COPY Dockerfile /
END
pids=()
for i in 1 2 3 4 5 6; do
  "$CAIRN" build --build-arg NUMBER=$i -t "app:$i" . >"$scratch/log$i" 2>&1 &
  pids+=($!)
done
# Readers and removers meanwhile.
for _ in 1 2 3; do succeeds cairn images; cairn rmi app:1 >/dev/null 2>&1 || true; sleep 0.2; done
for i in 1 2 3 4 5 6; do
  wait "${pids[i - 1]}" || { cat "$scratch/log$i"; fail "build $i of six at once"; }
done
for i in 2 3 4 5 6; do same "$(cairn run app:$i cat /number)" $i; done

# All of it is there now.
succeeds cairn build --progress=plain --build-arg NUMBER=3 -t again .
same "$(grep -c CACHED "$err")" 4 "cached steps"
same "$(image_id again)" "$(image_id app:3)"
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"
