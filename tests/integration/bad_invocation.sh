#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Wrong words on the command line, a missing context and a missing Dockerfile are told apart.
. "$(dirname "$0")/lib.sh"

expect_exit 2 cairn
expect_exit 2 cairn biuld .
expect_exit 2 cairn build --no-such-flag .
contains "$err" "--no-such-flag"
expect_exit 2 cairn build -t UPPER:case .
expect_exit 2 cairn build --build-arg =x .
expect_exit 2 cairn build "$scratch/nowhere"
contains "$err" "nowhere"

expect_exit 3 cairn build .
contains "$err" "Dockerfile"
contains "$err" "no such file or directory"
touch Dokcerfile
expect_exit 3 cairn build .
contains "$err" "Dokcerfile"

: >Dockerfile
expect_exit 3 cairn build .
contains "$err" "empty"

succeeds cairn version
contains "$out" "cairn "
succeeds cairn help
contains "$out" "build an image from a Dockerfile"
succeeds cairn help build
contains "$out" "--build-arg"
