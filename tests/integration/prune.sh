#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# prune takes what can be made again, says so in docker's words, and what it took comes back the same.
. "$(dirname "$0")/lib.sh"
base_image
export SOURCE_DATE_EPOCH=1000000000
cat >Dockerfile <<'END'
FROM base AS fat
RUN --mount=type=cache,id=go,target=/cache head -c 3000000 /dev/zero >/cache/f && head -c 5000000 /dev/zero >/fat
FROM base
COPY --from=fat /etc/passwd /copied
END
succeeds cairn build -q -t app .
id=$(cat "$out")
for word in dangling named; do
  printf 'FROM base\nRUN echo %s >/f\n' $word >"$scratch/other"
  succeeds cairn build -q -t other -f "$scratch/other" .
done

succeeds cairn du
same "$(head -1 "$out" | tr -s ' ')" "ID RECLAIMABLE SIZE LAST ACCESSED DESCRIPTION"
grep -qE ' true +5\.[0-9]+MB +.* RUN head -c 3000000' "$out" || fail "the fat step: $(cat "$out")"
grep -qE '\* +true +3\.[0-9]+MB +.* cache mount go$' "$out" || fail "the cache mount: $(cat "$out")"
grep -qE '^Reclaimable:	8\.[0-9]+MB$' "$out" || fail "reclaimable: $(tail -4 "$out")"
same "$(cairn du --format json --filter type=exec.cachemount | jq -r '"\(.Reclaimable) \(.Mutable)"')" "true true"
same "$(cairn du --filter 'description~=COPY /etc/passwd' --format json | jq .Reclaimable)" false

# Nothing goes that was used within the hour, nor when it is only asked what would go.
succeeds cairn builder prune -f --filter until=1h
same "$(cat "$out")" "Total reclaimed space: 0B"
succeeds cairn prune --dry-run
contains "$out" "Total reclaimable space: 8."
expect_exit 1 cairn prune
contains "$err" "Are you sure you want to continue? [y/N]"
contains "$err" "nothing was removed"
expect_exit 2 cairn prune -f --filter colour=red
same "$(cairn du | grep -c 'RUN head')" 1

echo y | cairn system prune >"$out" 2>"$err"
contains "$out" "Deleted Images:"
contains "$out" "Deleted build cache objects:"
grep -qE '^Total reclaimed space: 8\.[0-9]+MB$' "$out" || fail "$(cat "$out")"
same "$(cairn images -q | wc -l)" 3
succeeds cairn run app cat /copied
check_tmp

# A step that went runs again, and gives the same image; steps of an image that has a name only go with -a.
succeeds cairn build --progress=plain -t other -f "$scratch/other" .
same "$(grep -c CACHED "$err")" 2 "cached steps, all of them"
succeeds cairn prune -a -f
succeeds cairn build --progress=plain -t app .
same "$(grep -c CACHED "$err")" 1 "cached steps, the base alone"
same "$(image_id app)" "$id"
succeeds cairn image prune -a -f
contains "$out" "untagged: app:latest"
same "$(cairn images -q | wc -l)" 0
