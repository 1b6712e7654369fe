#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A mirror is asked for the short names of Docker Hub; the image keeps the name that was written.
. "$(dirname "$0")/lib.sh"
base_image
start_registry
cairn tag base "$registry/library/busybox:latest"
cairn tag base "$registry/team/tool:2"
succeeds cairn push "$registry/library/busybox:latest"
succeeds cairn push "$registry/team/tool:2"

export CAIRN_ROOT=$scratch/fresh
printf 'FROM busybox\nRUN echo mirrored >/file\nCOPY --from=team/tool:2 /etc/group /group\n' >Dockerfile
succeeds cairn --registry-mirror "docker.io=http://$registry" build --progress=plain -t app .
contains "$err" "docker.io/library/busybox:latest"
same "$(cairn run app cat /file)" mirrored

export CAIRN_ROOT=$scratch/other CAIRN_REGISTRY_MIRROR=docker.io=http://$registry
succeeds cairn pull busybox
succeeds cairn images
contains "$out" busybox
lacks "$out" 127.0.0.1
