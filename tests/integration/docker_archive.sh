#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The docker archive is one that skopeo reads, by its names, with docker's media types.
. "$(dirname "$0")/lib.sh"
have skopeo
base_image
printf 'FROM base\nRUN echo kept >/file\nCMD cat /file\n' >Dockerfile
cairn build -q -t shop/app:v1 -t shop/app:latest --output "type=docker,dest=$scratch/app.tar" . >"$scratch/id"

tar -tf "$scratch/app.tar" >"$scratch/members"
for member in manifest.json index.json oci-layout; do contains "$scratch/members" $member; done
tar -xOf "$scratch/app.tar" manifest.json | jq -r '.[0].RepoTags[]' | sort >"$scratch/tags"
same "$(tr '\n' ' ' <"$scratch/tags")" "shop/app:latest shop/app:v1 "

skopeo copy -q "docker-archive:$scratch/app.tar:shop/app:v1" "oci:$scratch/layout:v1"
same "$(skopeo inspect --config --raw "docker-archive:$scratch/app.tar" | jq -c .config.Cmd)" \
  '["/bin/sh","-c","cat /file"]'
succeeds cairn --root "$scratch/other" load -i "$scratch/app.tar"
same "$(cairn --root "$scratch/other" run shop/app)" kept
same "$(cairn --root "$scratch/other" inspect shop/app:v1 | jq -r '.[0].Id')" "$(cat "$scratch/id")"

# To stdout, into a pipe.
cairn build -q --output type=docker,dest=- . | tar -tf - >"$scratch/members"
contains "$scratch/members" manifest.json
