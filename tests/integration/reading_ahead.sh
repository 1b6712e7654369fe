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
# The RUN ends when the file "go" is there.
cat >Dockerfile <<'END'
FROM base
RUN --mount=type=cache,target=/c touch /c/begun; i=0; while [ ! -e /c/go ] && [ $i -lt 1200 ]; do sleep 0.05; i=$((i+1)); done
COPY dir /dir
END
index() { ls -A "$CAIRN_ROOT/contexts" | wc -l; }
"$CAIRN" build --progress=plain -t one . >"$scratch/log" 2>&1 &
build=$!
has_begun() { [ -n "$(ls "$CAIRN_ROOT"/cache-mounts/*/begun 2>/dev/null)" ]; }
for _ in $(seq 600); do [ "$(index)" = 0 ] || ! has_begun || break; sleep 0.05; done
same "$(index)" 1 "indexes while the RUN runs"
# A file that changes, one that comes and one that goes after they were read.
echo changed >dir/1
echo new >dir/new
rm dir/2
touch "$(echo "$CAIRN_ROOT"/cache-mounts/*/)go"
wait $build || { cat "$scratch/log"; fail "the build"; }
cairn build -q -o "$scratch/tree" - >/dev/null <<<'FROM one' || fail "the files of the image"
same "$(cd "$scratch/tree/dir" && sha256sum *)" "$(cd dir && sha256sum *)" "files that were copied"
succeeds cairn build .
same "$(grep -c CACHED "$err")" 3 "cached steps of the same build again"
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"

# A step whose turn comes soon does not wait for the reading.
rm -f "$CAIRN_ROOT"/contexts/*
sed -i 's/^RUN.*/RUN true/' Dockerfile
succeeds cairn build .
# Nor does a build that ends early.
sed -i 's/true$/sleep 0.2; false/' Dockerfile
rm -f "$CAIRN_ROOT"/contexts/*
expect_exit 1 cairn build .
