#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Any OCI tool reads pulled and pushed images in place, from the store's layout.
. "$(dirname "$0")/lib.sh"
have skopeo; have umoci
base_image
start_registry
printf 'FROM base\nRUN echo kept >/file\n' >Dockerfile
cairn build -q -t "$registry/shop/app:v1" --push . >/dev/null
# By another tool, with the media types of docker.
skopeo copy -q --dest-tls-verify=false --format v2s2 "docker://$registry/shop/app:v1" "docker://$registry/shop/app:docker" \
  --src-tls-verify=false

export CAIRN_ROOT=$scratch/fresh
for tag in v1 docker; do
  succeeds cairn pull "$registry/shop/app:$tag"
  same "$(cairn run "$registry/shop/app:$tag" cat /file)" kept
done
layout=$CAIRN_ROOT/oci
jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' "$layout/index.json" >"$scratch/names"
[ -s "$scratch/names" ] || { cat "$layout/index.json" >&2; fail "the layout names nothing"; }
while read -r name; do
  succeeds skopeo inspect "oci:$layout:$name"
  succeeds skopeo copy -q "oci:$layout:$name" "oci:$scratch/copy:x"
  succeeds umoci unpack --rootless --image "$scratch/copy:x" "$scratch/bundle"
  same "$(cat "$scratch/bundle/rootfs/file")" kept
  rm -rf "$scratch/bundle" "$scratch/copy"
done <"$scratch/names"
