#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mknod of a device in a step is refused by the kernel; the step's log names the call and why, once. What is
# no device is made, and is not spoken of.
. "$(dirname "$0")/lib.sh"
base_image
why="is not permitted: a step runs in a user namespace, where the kernel lets nobody make devices"
printf 'FROM base\nRUN mknod /null0 c 1 3\n' >Dockerfile
expect_exit 1 cairn build --progress=plain .
grep -qE "^#[0-9]+ [0-9.]+ cairn: mknod of the character device 1:3 $why" "$err" || { cat "$err" >&2; fail "no hint"; }
printf 'FROM base\nRUN mknod /loop0 b 7 300; mknod /dev/null c 1 3; mkdir /d; mknod /d/x c 1 5; true\n' >Dockerfile
succeeds cairn build --progress=plain .
contains "$err" "cairn: mknod of the block device 7:300 (and of 2 more) $why"
printf 'FROM base\nRUN mknod /fifo p && mkfifo /other\n' >Dockerfile
succeeds cairn build --progress=plain .
lacks "$err" "cairn: mknod"
expect_exit 1 cairn run base mknod /full c 1 7
contains "$err" "mknod of the character device 1:7 $why"
