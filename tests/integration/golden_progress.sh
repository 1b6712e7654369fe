#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Plain progress of one small build, first anew and then from the cache: tests/data/cli/progress.txt. Times
# are replaced by TIME, sizes by SIZE, digests by DIGEST.
expected=$(realpath "$(dirname "$0")/../data/cli/progress.txt")
. "$(dirname "$0")/lib.sh"
base_image

cat >Dockerfile <<'END'
FROM base AS build
ARG WHO=world
RUN echo "hello $WHO" >/greeting; cat /greeting; echo to stderr >&2
FROM base
WORKDIR /app
COPY --from=build /greeting .
COPY file .
LABEL a=1
CMD ["cat", "greeting"]
END
echo file >file
# build: stderr of it, without what differs from run to run: a status shows its time, and how far it has come,
# only where that takes a while, and notes are about the host.
build() {
  succeeds cairn build -j1 --progress=plain -t app:1 .
  sed -E 's/( [0-9.]+s)? done$/ done/; s/[0-9.]+MB/SIZE/g; s/[0-9]+\.[0-9]+s?/TIME/g; s/sha256:[0-9a-f]{64}/DIGEST/g
    s/(building with cairn).*/\1/; /^note: /d; /^#[0-9]+ DIGEST/ {/done$/! d}' "$err"
}
{
  echo '$ cairn build -j1 --progress=plain -t app:1 .'
  build
  printf '\n$ cairn build -j1 --progress=plain -t app:1 .  # again\n'
  build
} >"$scratch/actual"
golden "$expected" "$scratch/actual"
