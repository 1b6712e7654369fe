#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U03 ⚠31: what a step needs only to mount on leaves no trace in its layer, on the barest of bases.
. "$(dirname "$0")/lib.sh"
have busybox
mkdir rootfs && cp "$(command -v busybox)" rootfs/busybox
cat >Dockerfile <<'END'
FROM scratch
COPY rootfs /
SHELL ["/busybox", "sh", "-c"]
RUN --mount=type=cache,target=/very/deep/cache --mount=type=bind,source=rootfs,target=/bound/here true
RUN echo made >/file
END
succeeds cairn build --output "type=tar,dest=$scratch/all.tar" .
same "$(tar -tf "$scratch/all.tar" | sort | tr '\n' ' ')" "busybox dev/ file proc/ sys/ " "what is in the image"

# A stub that the step filled stays, and so does what was there before.
cat >Dockerfile <<'END'
FROM scratch
COPY rootfs /
SHELL ["/busybox", "sh", "-c"]
RUN /busybox mkdir -p /etc && echo mine >/etc/keep
RUN --mount=type=cache,target=/srv/cache echo kept >/srv/beside
END
succeeds cairn build --output "type=tar,dest=$scratch/all.tar" .
same "$(tar -tf "$scratch/all.tar" | sort | tr '\n' ' ')" "busybox dev/ etc/ etc/keep proc/ srv/ srv/beside sys/ " "what is in the image"
# No layer mentions a file that is bound over: nothing to hide, nothing to leak.
printf 'FROM scratch\nCOPY rootfs /\nSHELL ["/busybox", "sh", "-c"]\nRUN true\nRUN /busybox cat /etc/hosts\nRUN true\n' >Dockerfile
succeeds cairn build -t bare --output "type=oci,tar=false,dest=$scratch/layout" .
manifest=$(jq -r '.manifests[0].digest' "$scratch/layout/index.json" | cut -d: -f2)
for layer in $(jq -r '.layers[2:][].digest' "$scratch/layout/blobs/sha256/$manifest" | cut -d: -f2); do
  same "$(zcat "$scratch/layout/blobs/sha256/$layer" | tar -tf - 2>/dev/null)" "" "members of an empty layer"
done
