#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What came from a registry goes on with the same bytes: manifests of docker's types, each name's own,
# and the layers of a base, whatever was made of them since. X02 X12
. "$(dirname "$0")/lib.sh"
have jq
have skopeo
start_registry
raw() { skopeo inspect --raw --tls-verify=false "docker://$registry/$1"; }
copy() { skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "$@"; }
base_image
cairn tag base "$registry/oci:1"
succeeds cairn push "$registry/oci:1"
copy --format v2s2 "docker://$registry/oci:1" "docker://$registry/docker:1"
printf 'FROM %s\n' "$registry/oci:1" >Dockerfile
succeeds cairn build -q -o "type=registry,name=$registry/zstd:1,compression=zstd,force-compression=true" .
same "$(image_id "$registry/zstd:1")" "$(image_id base)"

# One image, three manifests: each name has its own, and so has what is tagged from it.
export CAIRN_ROOT=$scratch/second
for kind in oci docker zstd; do succeeds cairn pull "$registry/$kind:1"; done
for kind in oci docker zstd; do
  cairn tag "$registry/$kind:1" "$registry/again-$kind:1"
  succeeds cairn push "$registry/again-$kind:1"
  same "$(raw "again-$kind:1" | sha256sum)" "$(raw "$kind:1" | sha256sum)" "digests of $kind"
  same "$(cairn inspect "$registry/$kind:1" | jq -r ".[0].RepoDigests[] | select(contains(\"/$kind@\"))")" \
    "$registry/$kind@sha256:$(raw "$kind:1" | sha256sum | cut -d' ' -f1)"
done

# The base's layer goes out as it came, though it was made anew once; the new layer as it was first made.
echo x >x
blobs() { raw "$1" | jq -r '.layers[].digest'; }
for kind in oci zstd; do
  printf 'FROM %s\nCOPY x /%s\n' "$registry/$kind:1" "$kind" >Dockerfile
  succeeds cairn build -o "type=registry,name=$registry/f-$kind:1,compression=uncompressed,force-compression=true" .
  succeeds cairn build -o "type=registry,name=$registry/g-$kind:1" .
  same "$(blobs "g-$kind:1" | head -1)" "$(blobs "$kind:1")" "base layer"
  same "$(raw "g-$kind:1" | jq -r '.layers[1].mediaType')" application/vnd.oci.image.layer.v1.tar
  succeeds cairn push "$registry/f-$kind:1"
  same "$(raw "f-$kind:1" | jq -r '.layers[0].mediaType')" application/vnd.oci.image.layer.v1.tar
done
check_store
