#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman loads the archives that cairn writes, and finds in them what was built.
. "$(dirname "$0")/lib.sh"
use_podman
base_image
printf 'FROM base\nRUN echo kept >/file && rm -r /var\nUSER ann\nCMD ["cat", "/file"]\n' >Dockerfile

for type in docker oci; do
  cairn build -q -t shop/app:$type --output "type=$type,dest=$scratch/$type.tar" . >/dev/null
  succeeds "$podman" load -q -i "$scratch/$type.tar"
  same "$("$podman" image inspect shop/app:$type --format '{{.Config.User}}')" ann
  "$podman" export "$("$podman" create shop/app:$type)" >"$scratch/rootfs.tar"
  same "$(tar -xOf "$scratch/rootfs.tar" file)" kept
  tar -tf "$scratch/rootfs.tar" >"$scratch/members"
  ! grep -q '^var/' "$scratch/members" || fail "a deleted directory came back"
done
