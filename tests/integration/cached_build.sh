#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A second build of the same thing does no step and gives the same image; -q and --iidfile name it.
. "$(dirname "$0")/lib.sh"
base_image

echo one >data
printf 'FROM base\nRUN date +%%s%%N >/stamp\nCOPY data /data\nRUN wc -c /data\n' >Dockerfile
succeeds cairn build --progress=plain -t first .
lacks "$err" CACHED

succeeds cairn build --progress=plain -t second .
same "$(grep -c CACHED "$err")" 4 "cached steps, the base among them"
same "$(image_id second)" "$(image_id first)"

# What is printed and written is the id and nothing else.
succeeds cairn build -q --iidfile "$scratch/id" .
same "$(cat "$out")" "$(image_id first)"
same "$(cat "$scratch/id")" "$(image_id first)"
same "$(cat "$err")" ""

# A touched file is the same file; a changed one is another, and only what follows runs again.
touch -d 2001-01-01 data
same "$(cairn build -q .)" "$(image_id first)"
echo two >data
succeeds cairn build --progress=plain -t third .
same "$(grep -c CACHED "$err")" 2 "cached steps after a change"
same "$(cairn run third cat /stamp)" "$(cairn run first cat /stamp)"

# A stage that ran again under the key that it had is read as it is now.
again='FROM base AS b\nRUN cat /proc/sys/kernel/random/uuid >/x\nFROM base\n'
for read in 'COPY --from=b /x /x' 'RUN --mount=from=b,target=/m cp /m/x /x'; do
  printf "$again$read\n" >Dockerfile.again
  copied() { cairn build -q -f Dockerfile.again -t again "$@" . >/dev/null 2>&1 && cairn run again cat /x; }
  first=$(copied)
  same "$(copied)" "$first" "cached"
  second=$(copied --no-cache-filter=b)
  [ -n "$second" ] && [ "$second" != "$first" ] || fail "the old files of stage b"
  same "$(copied)" "$second" "cached again"
done
