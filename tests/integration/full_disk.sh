#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A full disk is said as such, with exit code 5, and the store works again as soon as there is room.
. "$(dirname "$0")/lib.sh"
store_on_tmpfs 24m
base_image

printf 'FROM base\nRUN echo first >/first\n' >Dockerfile
succeeds cairn build -t first .
head -c 30m /dev/urandom >noise
tar -cf noise.tar noise

printf 'FROM base\nRUN echo first >/first\nCOPY noise /noise\n' >Dockerfile
expect_exit 5 cairn build -t second .
contains "$err" "No space left on device"
contains "$err" "Dockerfile:3"
expect_exit 5 cairn import noise.tar huge
contains "$err" "No space left on device"

# A RUN sees the full disk itself, and fails like any command that does.
printf 'FROM base\nRUN cat /dev/zero >/zeros\n' >Dockerfile
expect_exit 1 cairn build -t third .
contains "$err" "No space left on device"

same "$(cairn images -q | wc -l)" 2 "images of the store"
succeeds cairn run first cat /first
contains "$out" first
printf 'FROM base\nRUN echo first >/first\nRUN head -c 3m /dev/zero >/little\n' >Dockerfile
succeeds cairn build -t fits .
