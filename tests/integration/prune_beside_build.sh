#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nothing is pruned while somebody builds, and a prune that is killed leaves a store that works.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nRUN echo one >/one\nRUN sleep 3\n' >Dockerfile
"$CAIRN" build --progress=plain -t app . >"$scratch/log" 2>&1 &
build=$!
for _ in $(seq 100); do ! grep -q 'RUN sleep' "$scratch/log" || break; sleep 0.05; done
expect_exit 5 cairn prune -a -f
contains "$err" "another cairn has the store open, so nothing was removed"
# Nor by another build that finds the store too large.
printf 'FROM base\nRUN echo other >/other\n' >"$scratch/other"
succeeds env CAIRN_GC_MAX_USED_SPACE=1 CAIRN_GC_RESERVED_SPACE=0 "$CAIRN" build -q -f "$scratch/other" .
wait $build || { cat "$scratch/log"; fail "the build beside a prune"; }
succeeds cairn build --progress=plain .
same "$(grep -c CACHED "$err")" 3 "cached steps"
succeeds cairn build --progress=plain -f "$scratch/other" .
same "$(grep -c CACHED "$err")" 2 "cached steps"

export SOURCE_DATE_EPOCH=1000000000

cat >Dockerfile <<'END'
FROM base
RUN for i in 1 2 3 4 5 6 7 8 9; do mkdir /d$i; for j in 1 2 3 4 5 6 7 8 9; do echo $j >/d$i/$j; done; done
RUN cp -r /d1 /d10
RUN cp -r /d1 /d11
END
for delay in 0.005 0.01 0.015 0.02 0.03 0.05; do
  succeeds cairn build -q --rewrite-timestamp .
  id=${id:-$(cat "$out")}
  same "$(cat "$out")" "$id"
  "$CAIRN" prune -a -f >"$scratch/log" 2>&1 &
  prune=$!
  sleep $delay
  kill -9 $prune 2>/dev/null || true
  wait $prune 2>/dev/null || true
  succeeds cairn images
done
succeeds cairn build -q --rewrite-timestamp -t app .
same "$(cat "$out")" "$id"
succeeds cairn prune -a -f
same "$(cairn run app cat /d11/9)" 9
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"
known=$(sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT count(*) FROM snapshots')
same "$(ls "$CAIRN_ROOT/snapshots" | wc -l)" "$known" "directories of snapshots"
