#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A disk that gets full at any point of a build: exit code 5 and the name of the store, nothing wrong on
# record, and the right image as soon as there is room. A disk that may only be read is said as such to who
# writes.
. "$(dirname "$0")/lib.sh"
store_on_tmpfs 24m
export SOURCE_DATE_EPOCH=1700000000
base_image
mkdir dir
for i in 1 2 3 4 5 6; do head -c 4k /dev/zero | tr '\0' $i >dir/$i; done
cat >Dockerfile <<'END'
FROM base AS one
ARG N
COPY dir /dir
COPY <<EOF /n
$N
EOF
FROM base
COPY --from=one /dir /n /to/
WORKDIR /work
COPY --link dir /link
END
build() { cairn build -q --rewrite-timestamp -o type=image -o "type=oci,dest=$scratch/out.tar" --build-arg "N=$1" .; }
calm_store
failures=0
for ((kib = 0; kib <= 320; kib += 8)); do
  free=$(df --output=avail -k "$CAIRN_ROOT" | tail -1)
  head -c "$((free - kib))k" /dev/zero >"$CAIRN_ROOT/filler"
  code=0
  build $kib >"$out" 2>"$err" || code=$?
  rm "$CAIRN_ROOT/filler"
  if [ $code = 5 ]; then
    failures=$((failures + 1))
    contains "$err" "a disk is full"
    contains "$err" "$CAIRN_ROOT"
  elif [ $code != 0 ]; then
    cat "$err" >&2; fail "exit code $code with $kib KiB of room"
  fi
  [ $((kib % 32)) != 0 ] || same "$(build $kib)" "$(CAIRN_ROOT=$scratch/calm build $kib)" "with room again after $kib KiB"
done
echo "$failures of 41 builds met a full disk"
[ $failures -gt 9 ] || fail "the disk was never full"
check_store

mount -o remount,ro "$CAIRN_ROOT"
expect_exit 5 cairn build .
contains "$err" "$CAIRN_ROOT"
contains "$err" "Read-only file system"
expect_exit 5 cairn tag base other
contains "$err" "Read-only file system"
