#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pruning again and again beside builds, pulls of archives and removals: every prune succeeds and waits for
# nobody, nothing of what is being built goes, and in the end nothing is left over.
# CAIRN_TEST_SECONDS says how long, CAIRN_TEST_SEED repeats the work of each.
. "$(dirname "$0")/lib.sh"
begin_work
cat >Dockerfile <<'END'
FROM base AS one
ARG N
RUN --mount=type=cache,id=c,target=/c echo $N >/n; echo $N >/c/$N
FROM base
COPY dir /dir
COPY --from=one /n /n
RUN ln /dir/1 /link
END
build() { "$CAIRN" build -q --rewrite-timestamp --build-arg "N=$1" "${@:2}" .; }
declare -A right
for n in 0 1 2; do right[$n]=$(CAIRN_ROOT=$scratch/calm build $n); done
end=$((SECONDS + seconds))

builder() {
  local n id rounds=0
  RANDOM=$((seed + $1))
  while ((SECONDS < end)); do
    n=$((RANDOM % 3)) rounds=$((rounds + 1))
    id=$(build $n -t "app$1" $([ $((RANDOM % 4)) != 0 ] || echo --no-cache) \
      $([ $((RANDOM % 3)) != 0 ] || echo -o type=image -o "type=oci,dest=$scratch/$1.tar")) || fail "build"
    same "$id" "${right[$n]}" "the image"
    [ $((RANDOM % 2)) != 0 ] || same "$(cairn run "app$1" cat /n)" $n "its file"
    [ $((RANDOM % 3)) != 0 ] || cairn save -o "$scratch/$1.tar" "app$1" || fail "save"
  done
  echo "builder $1: $rounds rounds"
}
loader() {
  local rounds=0
  while ((SECONDS < end)); do
    cairn load -q -i "$scratch/base.tar" >"$scratch/loader" || fail "load"
    cairn inspect base >"$scratch/loader" || fail "inspect"
    rounds=$((rounds + 1))
  done
  echo "loader: $rounds rounds"
}
for w in 1 2 3; do start_worker builder $w; done
start_worker loader
prunes=0 longest=0
while ((SECONDS < end)); do
  start=${EPOCHREALTIME/./}
  succeeds cairn $([ $((prunes % 3)) != 0 ] && echo prune -f || echo builder prune -a -f)
  took=$((${EPOCHREALTIME/./} - start)) prunes=$((prunes + 1))
  [ $took -lt $longest ] || longest=$took
  sleep 0.1
done
wait_for_workers
echo "$prunes of $prunes prunes, the longest $((longest / 1000)) ms"
check_store
cairn rmi app1 app2 app3 base >"$out" || fail "rmi"
cairn prune -a -f >"$out"
same "$(ls "$CAIRN_ROOT/snapshots" "$CAIRN_ROOT/oci/blobs/sha256" "$CAIRN_ROOT/cache-mounts" | grep -v : | tr -d '\n')" "" "left over"
check_store
