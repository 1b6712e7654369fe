#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What was pushed is pulled elsewhere, by tag and by digest, has the same id, and runs.
. "$(dirname "$0")/lib.sh"
base_image
start_registry
printf 'FROM base\nRUN echo kept >/file && rm -r /var\nUSER ann\nCMD cat /file\n' >Dockerfile
cairn build -q -t "$registry/shop/app:v1" --push . >"$scratch/id"
digest=$(curl -s -o /dev/null -D - -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
  "http://$registry/v2/shop/app/manifests/v1" | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //Ip')

for reference in "$registry/shop/app:v1" "$registry/shop/app@$digest"; do
  export CAIRN_ROOT=$scratch/root-${reference##*[:@]}
  succeeds cairn pull "$reference"
  same "$(cat "$out")" "$(cat "$scratch/id")"
  same "$(cairn run "$reference")" kept
  expect_exit 1 cairn run "$reference" ls /var
done

# As the base of a build, in a store that has not seen it; a digest pins it.
export CAIRN_ROOT=$scratch/third
printf 'FROM %s\nRUN cat /file >/copy\n' "$registry/shop/app:v1@$digest" | sed '2i USER root' >Dockerfile
succeeds cairn build --progress=plain -t next .
contains "$err" "$digest"
same "$(cairn run next cat /copy)" kept

# Pushed again, from elsewhere: everything is there, so no blob goes over the wire.
uploads() { grep -c '"POST /v2/.*/blobs/uploads' "$registry_log" || true; }
before=$(uploads)
cairn tag "$registry/shop/app@$digest" "$registry/shop/app:v2" 2>/dev/null ||
  cairn tag "$(cat "$scratch/id")" "$registry/shop/app:v2"
succeeds cairn push "$registry/shop/app:v2"
same "$(uploads)" "$before" "uploads"
succeeds cairn --root "$scratch/fourth" pull "$registry/shop/app:v2"
same "$(cat "$out")" "$(cat "$scratch/id")"
