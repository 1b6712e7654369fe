#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The OCI layout directory and the OCI archive are what skopeo and umoci take for such.
. "$(dirname "$0")/lib.sh"
have skopeo; have umoci
base_image
printf 'FROM base\nRUN mkdir /d && echo kept >/d/file && ln /d/file /d/twin && rm /var -r\nENV SHADE=blue\nCMD ["cat", "/d/file"]\n' >Dockerfile
cairn build -q --output "type=oci,tar=false,dest=$scratch/layout,name=shop/app:v1" . >"$scratch/id"
cairn build -q -t shop/app:v1 --output "type=oci,dest=$scratch/app.tar" . >/dev/null

contains "$scratch/layout/oci-layout" '"1.0.0"'
skopeo inspect "oci:$scratch/layout" >"$scratch/inspected"
contains "$scratch/inspected" SHADE=blue
same "$(skopeo inspect --config --raw "oci:$scratch/layout" | sha256sum | cut -d' ' -f1)" \
  "$(cut -d: -f2 "$scratch/id")" "the config's digest, which is the id"
skopeo inspect --raw "oci-archive:$scratch/app.tar" >"$scratch/raw"
contains "$scratch/raw" application/vnd.oci.image.manifest.v1+json

# A copy by skopeo, which verifies every digest, into another kind of archive and back into a store.
skopeo copy -q "oci-archive:$scratch/app.tar" "docker-archive:$scratch/docker.tar:shop/app:v1"
succeeds cairn --root "$scratch/other" load -i "$scratch/docker.tar"
same "$(cairn --root "$scratch/other" run shop/app:v1)" kept

tag=$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$scratch/layout/index.json")
umoci unpack --rootless --image "$scratch/layout:$tag" "$scratch/bundle" 2>"$err"
same "$(cat "$scratch/bundle/rootfs/d/file")" kept
same "$(stat -c %h "$scratch/bundle/rootfs/d/twin")" 2 "links of a file"
[ ! -e "$scratch/bundle/rootfs/var" ] || fail "a deleted directory came back"
