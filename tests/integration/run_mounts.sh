#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U04 U05 ⚠30 K14: a cache mount keeps its files from build to build and out of the image; a bind mount shows the context
# or a stage, read-only, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
base_image
mkdir src && echo data >src/file
cat >Dockerfile <<'END'
FROM base AS made
RUN mkdir /m && echo staged >/m/file
FROM base
ARG ROUND
RUN --mount=type=cache,target=/cache echo "$ROUND" >>/cache/rounds && cp /cache/rounds /seen
RUN --mount=type=bind,source=src,target=/src cp /src/file /copied && (echo x >/src/file) 2>/dev/null && exit 9; true
RUN --mount=type=bind,from=made,source=/m,target=/m,rw cat /m/file >/staged && echo changed >/m/file
WORKDIR /work
RUN --mount=target=. ls Dockerfile src/file >/listed
END
succeeds cairn build --build-arg ROUND=1 -t one .
succeeds cairn build --build-arg ROUND=2 -t two .
same "$(cairn run one cat /seen)" 1
same "$(cairn run two cat /seen | tr '\n' ' ')" "1 2 "
same "$(cairn run two sh -c 'ls -d /cache /src /m' 2>/dev/null)" ""
same "$(cairn run two cat /copied /staged | tr '\n' ' ')" "data staged "
same "$(cat src/file)" data
same "$(cairn run two cat /listed | tr '\n' ' ')" "Dockerfile src/file "

# What is mounted is part of what a step depends on, and no more than that.
touch unrelated
sed -i '/target=\./d' Dockerfile
succeeds cairn build --progress=plain --build-arg ROUND=2 .
same "$(grep -A1 'source=src' "$err" | grep -c CACHED)" 1
echo other >src/file
succeeds cairn build -t three --build-arg ROUND=2 .
same "$(cairn run three cat /copied)" other

printf 'FROM base\nRUN --mount=type=bind,source=nowhere,target=/x true\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" nowhere
