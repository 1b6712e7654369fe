#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A snapshot whose directory is gone costs the steps that made it, and nothing else: the record is a miss, and
# what was built of it before is built again, the same.
. "$(dirname "$0")/lib.sh"
export SOURCE_DATE_EPOCH=1700000000
base_image
echo one >file
cat >Dockerfile <<'END'
FROM base AS one
COPY file /file
RUN echo made >/made
FROM base
COPY --from=one /made /made
WORKDIR /work
RUN echo last >/last
END
build() { cairn build --rewrite-timestamp "$@" .; }
id=$(build -q)
gone() { unshare --map-root-user --map-auto rm -rf "$1" 2>/dev/null || rm -rf "$1"; }
snapshots() { ls -tr "$CAIRN_ROOT/snapshots" | grep -v '\.'; }  # ID.empty is no snapshot
count=$(snapshots | wc -l)
same "$count" 6 "snapshots"
# Each alone, the base image's too.
for ((i = 1; i <= count; i++)); do
  gone "$CAIRN_ROOT/snapshots/$(snapshots | sed -n "${i}p")"
  same "$(build -q)" "$id" "the image without snapshot $i"
  succeeds build --progress=plain
  same "$(grep -c CACHED "$err")" 6 "cached steps after that"
done
gone "$CAIRN_ROOT/snapshots"
same "$(build -q)" "$id" "the image without any snapshot"
check_store
