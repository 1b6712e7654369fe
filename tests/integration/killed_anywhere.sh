#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 at any moment of a build – unpacking, copying, running, hashing, exporting – costs work and nothing else.
. "$(dirname "$0")/lib.sh"
base_image
head -c 8m /dev/urandom >data
cat >Dockerfile <<'END'
FROM base AS one
COPY data /a
RUN cp /a /b && rm /a
FROM base
COPY --from=one /b /c
RUN ln /c /d && echo done >/file
END
for delay in 0.02 0.05 0.08 0.11 0.14 0.18 0.23 0.3 0.4; do
  "$CAIRN" build --no-cache -t app --output type=image --output "type=oci,dest=$scratch/out.tar" . >"$scratch/log" 2>&1 &
  build=$!
  sleep $delay
  kill -9 $build 2>/dev/null || true
  wait $build 2>/dev/null || true
  succeeds cairn images
done
succeeds cairn build -t app --output type=image --output "type=oci,dest=$scratch/out.tar" .
same "$(cairn run app cat /file)" done
same "$(cairn run app sha256sum /d | cut -d' ' -f1)" "$(sha256sum <data | cut -d' ' -f1)"
! grep -F "$CAIRN_ROOT" /proc/self/mountinfo || fail "mounts left"
check_tmp
for blob in "$CAIRN_ROOT"/oci/blobs/sha256/*; do
  same "$(sha256sum <"$blob" | cut -d' ' -f1)" "$(basename "$blob")" "a blob's name"
done
# Nothing is left that no row of the index names.
succeeds cairn rmi app
succeeds cairn rmi base
known=$(sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT count(*) FROM snapshots')
same "$(ls "$CAIRN_ROOT/snapshots" | wc -l)" "$known" "directories of snapshots"
