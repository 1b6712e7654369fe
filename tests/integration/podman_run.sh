#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman runs what cairn built: from an archive, and from a registry that cairn pushed to.
runs_containers=yes
. "$(dirname "$0")/lib.sh"
use_podman
base_image
start_registry
printf 'FROM base\nRUN echo kept >/file\nUSER ann\nCMD ["cat", "/file"]\n' >Dockerfile

cairn build -q -t shop/app:1 --output "type=docker,dest=$scratch/app.tar" . >/dev/null
succeeds "$podman" load -q -i "$scratch/app.tar"
podman_run shop/app:1
contains "$out" kept

cairn build -q -t "$registry/shop/app:2" --push . >/dev/null
succeeds "$podman" pull -q --tls-verify=false "$registry/shop/app:2"
podman_run "$registry/shop/app:2"
contains "$out" kept
