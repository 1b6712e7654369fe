#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A build that exports has the blob of a layer made while later steps run, out of the one reading that gives the
# layer's digest; the image is the one that a later export gives.
. "$(dirname "$0")/lib.sh"
base_image
head -c 20M /dev/urandom >large
printf 'FROM base\nCOPY large /large\nRUN --mount=type=cache,target=/held %s\n' "$hold" >Dockerfile
large_blobs() { find "$CAIRN_ROOT/oci/blobs/sha256" -size +15M | wc -l; }
"$CAIRN" build --progress=plain -o type=oci,dest=one.tar . >"$scratch/log" 2>&1 &
build=$!
is_made() { held >/dev/null && [ "$(large_blobs)" != 0 ]; }
wait_until is_made || true
same "$(large_blobs)" 1 "blobs of the layer while the RUN runs"
let_go
wait $build || { cat "$scratch/log"; fail "the build"; }
cairn build -q -o type=oci,dest=two.tar . || fail "the export of what is there"
same "$(sha256sum <one.tar)" "$(sha256sum <two.tar)" "archives"
check_tmp

# A build that ends early does not wait for it.
cat >Dockerfile <<'END'
FROM base
COPY large /again
RUN false
END
expect_exit 1 cairn build -o type=oci,dest=three.tar .
[ ! -e three.tar ] || fail "an archive of a build that failed"
check_tmp
