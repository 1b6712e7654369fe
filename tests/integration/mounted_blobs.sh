#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A push onto a base of the same registry mounts the base's blobs from there instead of sending them again.
. "$(dirname "$0")/lib.sh"
base_image
start_registry
cairn tag base "$registry/team/base:1"
succeeds cairn push "$registry/team/base:1"

export CAIRN_ROOT=$scratch/fresh
printf 'FROM %s/team/base:1\nRUN echo new >/new\n' "$registry" >Dockerfile
puts() { grep -c '"PUT /v2/team/app/blobs' "$registry_log" || true; }
succeeds cairn build -t "$registry/team/app:1" --push .
contains "$registry_log" "from=team%2Fbase"
# The new layer and the config: the base's layer was not sent.
same "$(puts)" 2 "blobs sent"
succeeds cairn --root "$scratch/other" pull "$registry/team/app:1"
same "$(cairn --root "$scratch/other" run "$registry/team/app:1" cat /new)" new

# What was pushed is known to be there, too.
cairn tag "$registry/team/app:1" "$registry/team/third:1"
succeeds cairn push "$registry/team/third:1"
same "$(grep -c '"PUT /v2/team/third/blobs' "$registry_log" || true)" 0 "blobs sent to the third"

# A registry that forgot the base gets the bytes.
rm -rf "$scratch/registry/docker/registry/v2/repositories/team/base" \
  "$scratch/registry/docker/registry/v2/repositories/team/app" \
  "$scratch/registry/docker/registry/v2/repositories/team/third"
cairn tag "$registry/team/app:1" "$registry/team/fourth:1"
succeeds cairn push "$registry/team/fourth:1"
succeeds cairn --root "$scratch/last" pull "$registry/team/fourth:1"
