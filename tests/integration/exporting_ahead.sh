#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A build that exports has the blob of a layer made while later steps run, out of the one reading that gives the
# layer's digest; the image is the one that a later export gives.
. "$(dirname "$0")/lib.sh"
base_image
head -c 20M /dev/urandom >large
# The RUN ends when the file "go" is there.
cat >Dockerfile <<'END'
FROM base
COPY large /large
RUN --mount=type=cache,target=/c touch /c/begun; i=0; while [ ! -e /c/go ] && [ $i -lt 1200 ]; do sleep 0.05; i=$((i+1)); done
END
has_begun() { [ -n "$(ls "$CAIRN_ROOT"/cache-mounts/*/begun 2>/dev/null)" ]; }
large_blobs() { find "$CAIRN_ROOT/oci/blobs/sha256" -size +15M | wc -l; }
"$CAIRN" build --progress=plain -o type=oci,dest=one.tar . >"$scratch/log" 2>&1 &
build=$!
for _ in $(seq 600); do ! has_begun || [ "$(large_blobs)" = 0 ] || break; sleep 0.05; done
same "$(large_blobs)" 1 "blobs of the layer while the RUN runs"
touch "$(echo "$CAIRN_ROOT"/cache-mounts/*/)go"
wait $build || { cat "$scratch/log"; fail "the build"; }
cairn build -q -o type=oci,dest=two.tar . || fail "the export of what is there"
same "$(sha256sum <one.tar)" "$(sha256sum <two.tar)" "archives"
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"

# A build that ends early does not wait for it.
cat >Dockerfile <<'END'
FROM base
COPY large /again
RUN false
END
expect_exit 1 cairn build -o type=oci,dest=three.tar .
[ ! -e three.tar ] || fail "an archive of a build that failed"
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"
