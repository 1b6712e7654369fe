#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Holes stay holes: in the layer, for the cache, and where others load it.
. "$(dirname "$0")/lib.sh"
base_image
truncate -s 100G hole 2>/dev/null || skip "no file here may be so large"
printf end >>hole && tar -Scf sparse.tar hole && rm hole
printf 'FROM base AS add\nADD sparse.tar /x\nFROM base\nCOPY --from=add /x /y\nCOPY --from=add /x/hole /z/\n' >Dockerfile
measured build -t sparse -o "type=docker,dest=$scratch/sparse.tar" .
same "$code" 0 "a sparse archive"
[ "$(stat -c %s "$scratch/sparse.tar")" -lt 100000000 ] || fail "the holes are written"
CAIRN_ROOT=$scratch/other succeeds cairn load -i "$scratch/sparse.tar"
same "$(CAIRN_ROOT=$scratch/other cairn run sparse sh -c 'stat -c %s /y/hole; tail -c 4 /z/hole | tr "\0" 0')" \
    "$(printf '107374182403\n0end')"

# A file of the context, whose digest is its key: read whole, 100 GB take minutes.
truncate -s 100G hole && printf end >>hole
printf 'FROM base\nCOPY hole /\nRUN tail -c 3 /hole\n' >Dockerfile
expect_exit 0 timeout -k 5 60 "$CAIRN" build --progress=plain .
contains "$err" " end"
