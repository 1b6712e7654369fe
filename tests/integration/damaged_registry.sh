#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A registry that sends wrong or truncated bytes is refused with 4, and the store keeps nothing of it.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nRUN seq 200000 >/numbers\n' >Dockerfile
cairn build -q --output "type=oci,tar=false,dest=$scratch/layout" . >/dev/null
manifest=$(jq -r '.manifests[0].digest' "$scratch/layout/index.json")
export CAIRN_ROOT=$scratch/fresh

serve() {
  port=$(free_port)
  python3 "$here/damaged_registry.py" "$port" "${2:-$scratch/layout}" "$1" 2>"$scratch/server.log" &
  server=$!
  at_exit "kill $server"
  wait_for_port "$port"
}
for mode in flip first cut hang-up manifest; do
  serve $mode
  reference=127.0.0.1:$port/x/numbers@$manifest
  expect_exit 4 cairn pull "$reference"
  contains "$err" "sha256:"
  # Bytes that no longer look like gzip are the registry's fault as well: which blob, and whose.
  [ $mode != first ] || contains "$err" "digest mismatch: http://127.0.0.1:$port sent sha256:"
  [ $mode = hang-up ] && continue  # is asked for again and again, with pauses: once is enough here
  printf 'FROM %s\nRUN wc -l /numbers\n' "$reference" >Dockerfile
  expect_exit 4 cairn build -t bad .
  contains "$err" "Dockerfile:1"
done

# All digests are right, and a layer is not the one that the config names by its diffID.
lying=$scratch/lying
cp -r "$scratch/layout" "$lying"
# put FILE: makes it a blob, whose digest is in $digest then.
put() {
  digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
  size=$(stat -c %s "$1")
  mv "$1" "$lying/blobs/sha256/${digest#*:}"
}
blob() { echo "$lying/blobs/sha256/${1#*:}"; }
jq -c '.rootfs.diff_ids[-1] = "sha256:" + "0" * 64' "$(blob "$(jq -r .config.digest "$(blob "$manifest")")")" >new
put new
jq -c ".config.digest = \"$digest\" | .config.size = $size" "$(blob "$manifest")" >new
put new
jq -c ".manifests[0].digest = \"$digest\" | .manifests[0].size = $size" "$lying/index.json" >new
mv new "$lying/index.json"
serve honest "$lying"
printf 'FROM 127.0.0.1:%s/x/numbers@%s\nRUN wc -l /numbers\n' "$port" "$digest" >Dockerfile
expect_exit 4 cairn build -t bad .
contains "$err" "layer 2 unpacks to sha256:"

# The same layers from an honest registry, into the same store.
serve honest
printf 'FROM 127.0.0.1:%s/x/numbers@%s\nRUN wc -l /numbers\n' "$port" "$manifest" >Dockerfile
succeeds cairn build --progress=plain -t good .
contains "$err" "200000 /numbers"
same "$(cairn images -q | wc -l)" 2 "images of the store"
for blob in "$CAIRN_ROOT"/oci/blobs/sha256/*; do
  same "$(sha256sum <"$blob" | cut -d' ' -f1)" "$(basename "$blob")" "a blob's name"
done
