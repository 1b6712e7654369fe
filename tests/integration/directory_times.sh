#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A directory whose time alone changed is in the layer, and one that a step left as it was is not.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
RUN mkdir /d /quiet && echo x >/d/f
RUN touch -d '2001-01-01 00:00:00' /d /var
RUN cat /etc/hosts /etc/resolv.conf >/dev/null
RUN --mount=type=tmpfs,target=/quiet/below/mount true
END
succeeds cairn build -o "type=oci,dest=$scratch/image,tar=false" .
# members LAYOUT N: the entries of a layer, with their times.
members() {
  local blobs=$1/blobs/sha256 manifest layer
  manifest=$(jq -r '.manifests[0].digest' "$1/index.json")
  layer=$(jq -r ".layers[$2].digest" "$blobs/${manifest#*:}")
  gzip -dc "$blobs/${layer#*:}" | TZ=UTC tar --full-time -tvf - | awk '{print $4, $5, $6}'
}
same "$(members "$scratch/image" 2 | cut -c1-10,20-)" "$(printf '2001-01-01 d/\n2001-01-01 var/')" "the layer of touch"
same "$(members "$scratch/image" 3)" "" "the layer of a step that reads"
same "$(members "$scratch/image" 4)" "" "the layer of a step with a mount"

# What comes and goes in one step moves the directory's time, which an epoch takes back for both.
printf 'FROM base\nRUN mkdir /d\nRUN echo >/d/x && rm /d/x\n' >Dockerfile
succeeds cairn build --source-date-epoch 1 --rewrite-timestamp -o "type=oci,dest=$scratch/clamped,tar=false" .
same "$(members "$scratch/clamped" 2)" "" "a layer of clamped times"
