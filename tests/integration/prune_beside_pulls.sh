#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pruning again and again beside pulls from a registry: every prune succeeds, every pull does, and the image that
# it gave leaves the store with the bytes that it has elsewhere. In the end nothing is left over.
# CAIRN_TEST_SECONDS says how long, CAIRN_TEST_SEED repeats the work of each.
. "$(dirname "$0")/lib.sh"
start_registry
begin_work
# Three images of shared layers, one of them under two names.
for i in 1 2 3; do
  printf 'FROM base\nCOPY dir /dir\nRUN echo %s >/n; head -c 3m /dev/urandom >/data\n' $i >Dockerfile
  succeeds cairn build -q -t "$registry/w:$i" --push .
done
cairn tag "$registry/w:1" "$registry/w:4"
succeeds cairn push "$registry/w:4"
declare -A right
for i in 1 2 3 4; do
  cairn rmi "$registry/w:$i" >/dev/null
  CAIRN_ROOT=$scratch/calm succeeds cairn pull -q "$registry/w:$i"
  CAIRN_ROOT=$scratch/calm succeeds cairn save -o "$scratch/$i.tar" "$registry/w:$i"
  right[$i]=$(sha256sum <"$scratch/$i.tar")
done

end=$((SECONDS + seconds))
puller() {
  local name=$registry/w:$1 rounds=0
  RANDOM=$((seed + $1))
  while ((SECONDS < end)); do
    rounds=$((rounds + 1))
    cairn pull -q "$name" || fail "pull"
    cairn save -o "$scratch/$1.tar" "$name" || fail "save"
    same "$(sha256sum <"$scratch/$1.tar")" "${right[$1]}" "the archive"
    [ $((RANDOM % 3)) != 0 ] || same "$(cairn run --network=none "$name" cat /n)" $(($1 % 4 == 0 ? 1 : $1)) "its file"
    # Without its name it is what a prune takes.
    [ $((RANDOM % 4)) = 0 ] || cairn rmi "$name" || fail "rmi"
  done
  echo "puller $1: $rounds rounds"
}
for w in 1 2 3 4; do start_worker puller $w; done
prunes=0
while ((SECONDS < end)); do
  succeeds timeout -k 5 60 "$CAIRN" prune -f $([ $((prunes % 2)) != 0 ] || echo -a)
  prunes=$((prunes + 1))
done
wait_for_workers
echo "$prunes prunes"
check_store
cairn rmi base $(cairn images --format json | jq -r 'select(.Tag != "latest") | .Repository + ":" + .Tag') >"$out" || fail "rmi"
cairn prune -a -f >"$out"
same "$(ls "$CAIRN_ROOT/snapshots" "$CAIRN_ROOT/oci/blobs/sha256" | grep -v : | tr -d '\n')" "" "left over"
check_store
