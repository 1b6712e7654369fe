#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pruning beside a build takes what nobody uses and nothing of the build's, and a prune that is killed leaves
# a store that works.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nRUN echo unused >/unused\n' >"$scratch/unused"
succeeds cairn build -q -f "$scratch/unused" .
cat >Dockerfile <<END
FROM base
RUN echo one >/one
RUN --mount=type=cache,target=/held echo kept >/held/kept; $hold
RUN --mount=type=cache,target=/held cp /held/kept /kept
END
"$CAIRN" build --progress=plain -t app . >"$scratch/log" 2>&1 &
build=$!
wait_until held >/dev/null || { cat "$scratch/log"; fail "the step did not start"; }
knows() { sqlite3 "$CAIRN_ROOT/cairn.db" "SELECT count(*) FROM cache_records WHERE inputs LIKE '%$1%'"; }
same "$(knows 'echo unused')" 1 "the record of the unused step"
succeeds timeout -k 5 60 "$CAIRN" prune -a -f  # it does not wait for the build
same "$(knows 'echo unused')" 0 "the record of the unused step after the prune"
same "$(knows 'echo one')" 1 "the record of a step that the build made"
# A build that finds the store too large does the same, and so does the removal of an image in use.
printf 'FROM base\nRUN echo other >/other\n' >"$scratch/other"
succeeds env CAIRN_GC_MAX_USED_SPACE=1 CAIRN_GC_RESERVED_SPACE=0 "$CAIRN" build -q -f "$scratch/other" .
succeeds cairn rmi base
let_go
wait $build || { cat "$scratch/log"; fail "the build beside a prune"; }
same "$(cairn run app cat /one /kept)" $'one\nkept'
succeeds cairn import -c 'CMD ["/bin/sh"]' "$scratch/base.tar" base

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
check_tmp
known=$(sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT count(*) FROM snapshots')
same "$(ls "$CAIRN_ROOT/snapshots" | wc -l)" "$known" "directories of snapshots"
