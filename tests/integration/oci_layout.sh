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

# A layout that is there is added to: by builds, by save, by skopeo, and by several at once. A name is there once.
lay=$scratch/lay
names() { jq -r '[.manifests[].annotations | .["io.containerd.image.name"] // .["org.opencontainers.image.ref.name"]] | sort | join(" ")' "$lay/index.json"; }
add() { printf 'FROM base\nRUN echo %s >/x\n' "$2" | cairn build -q -f - -o "type=oci,tar=false,dest=$lay,name=$1" . >/dev/null; }
cairn build -q -t shop/app:v1 . >/dev/null
add l:1 one
add l:2 two
same "$(names)" "docker.io/library/l:1 docker.io/library/l:2"
before=$(skopeo inspect --raw "oci:$lay:1" | sha256sum)
add l:2 another
succeeds cairn save --format oci-dir -o "$lay" shop/app:v1
skopeo copy -q "oci-archive:$scratch/app.tar" "oci:$lay:skopeo"
for i in 3 4 5 6; do add "l:$i" "$i" & done
wait
same "$(names)" "docker.io/library/l:1 docker.io/library/l:2 docker.io/library/l:3 docker.io/library/l:4 docker.io/library/l:5 docker.io/library/l:6 docker.io/shop/app:v1 skopeo"
same "$(skopeo inspect --raw "oci:$lay:1" | sha256sum)" "$before" "an image that was there before"
same "$(ls -A "$lay" | tr '\n' ' ')" "blobs index.json oci-layout "
for tag in 2 v1 skopeo; do skopeo copy -q "oci:$lay:$tag" "dir:$scratch/copy-$tag"; done
echo '[]' >"$lay/index.json"
expect_exit 2 cairn save --format oci-dir -o "$lay" shop/app:v1
contains "$err" "is no index of an OCI layout"
# Modes follow the umask.
(umask 077 && cairn save --format oci-dir -o "$scratch/private" shop/app:v1)
same "$(find "$scratch/private" -printf '%m\n' | sort -u | tr '\n' ' ')" "600 700 "
