#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# While a RUN runs, the files of the context that a later step copies are read; what became of them meanwhile is
# what is copied.
. "$(dirname "$0")/lib.sh"
base_image
mkdir dir
for i in 1 2 3 4 5; do head -c 3M /dev/zero | tr '\0' $i >dir/$i; done
touch -d '1 hour ago' dir/*
printf 'FROM base\nRUN --mount=type=cache,target=/held %s\nCOPY dir /dir\n' "$hold" >Dockerfile
index() { ls -A "$CAIRN_ROOT/contexts" | wc -l; }
"$CAIRN" build --progress=plain -t one . >"$scratch/log" 2>&1 &
build=$!
is_read() { held >/dev/null && [ "$(index)" != 0 ]; }
wait_until is_read || true
same "$(index)" 1 "indexes while the RUN runs"
# A file that changes, one that comes and one that goes after they were read.
echo changed >dir/1
echo new >dir/new
rm dir/2
let_go
wait $build || { cat "$scratch/log"; fail "the build"; }
cairn build -q -o "$scratch/tree" - >/dev/null <<<'FROM one' || fail "the files of the image"
same "$(cd "$scratch/tree/dir" && sha256sum *)" "$(cd dir && sha256sum *)" "files that were copied"
succeeds cairn build .
same "$(grep -c CACHED "$err")" 3 "cached steps of the same build again"
check_tmp

# A step whose turn comes soon does not wait for the reading.
rm -f "$CAIRN_ROOT"/contexts/*
sed -i 's/^RUN.*/RUN true/' Dockerfile
succeeds cairn build .
# Nor does a build that ends early.
sed -i 's/true$/sleep 0.2; false/' Dockerfile
rm -f "$CAIRN_ROOT"/contexts/*
expect_exit 1 cairn build .
