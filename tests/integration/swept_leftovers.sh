#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# However much a killed cairn has left behind, the next command speaks at once and ends soon; and all of it
# goes, little by little.
. "$(dirname "$0")/lib.sh"
have python3
base_image
left=$CAIRN_ROOT/tmp/work-abcdef/step-abcdef
mkdir -p "$left"
python3 - "$left" <<'END'
import os, sys
for d in range(150):
    os.mkdir(f"{sys.argv[1]}/{d}")
    for i in range(1000):
        os.close(os.open(f"{sys.argv[1]}/{d}/{i}", os.O_CREAT | os.O_WRONLY))
END
start=${EPOCHREALTIME/./}
"$CAIRN" images >"$out"
took=$((${EPOCHREALTIME/./} - start))
[ -d "$left" ] || fail "it was all removed before images ended, in $took us"
[ $took -lt 1500000 ] || fail "images took $took us beside 150000 files to remove"
printf 'FROM base\nRUN echo hello\n' >Dockerfile
start=${EPOCHREALTIME/./}
"$CAIRN" build --progress=plain . 2>&1 | while read -r _; do echo ${EPOCHREALTIME/./}; done >"$scratch/times"
first=$(head -1 "$scratch/times")
[ $((first - start)) -lt 1500000 ] || fail "the first line came after $((first - start)) us"
succeeds cairn prune -f  # which takes its time
[ ! -e "$CAIRN_ROOT/tmp/work-abcdef" ] || fail "it is still there"
