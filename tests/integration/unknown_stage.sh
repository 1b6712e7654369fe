#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A mistyped stage is found before any registry is asked: in --target, in COPY --from and in FROM.
. "$(dirname "$0")/lib.sh"
base_image

printf 'FROM base AS builder\nRUN true\nFROM base AS final\nCOPY --from=biulder /x /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "builder"
contains "$err" "Dockerfile:4"

expect_exit 3 cairn build --target finla .
contains "$err" 'target stage "finla" could not be found'
contains "$err" "final"

printf 'FROM base AS a\nCOPY --from=b /x /x\nFROM base AS b\nCOPY --from=a /x /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "Dockerfile:2"
contains "$err" "b"

printf 'FROM base\nCOPY --from=7 /x /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "invalid stage index"
contains "$err" "Dockerfile:2"

# Stages that the target does not reach are not built, and their bases not even looked for.
printf 'FROM 127.0.0.1:1/nothing AS away\nFROM base AS wanted\nRUN true\n' >Dockerfile
succeeds cairn build --target WANTED .
