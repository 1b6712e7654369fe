#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A store that cannot be written to, or cannot be, is named with exit code 5.
. "$(dirname "$0")/lib.sh"
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile

: >"$scratch/file"
expect_exit 5 cairn --root "$scratch/file" build .
contains "$err" "$scratch/file"
expect_exit 5 cairn --root "$scratch/file/below" images
contains "$err" "$scratch/file"
# Even root writes nothing into /proc.
expect_exit 5 cairn --root /proc/cairn build .
contains "$err" "/proc/cairn"

is_root && exit 0
mkdir -m 555 "$scratch/locked"
expect_exit 5 cairn --root "$scratch/locked" images
contains "$err" "$scratch/locked"
# A directory of another user's, which being root of a namespace does not open either.
expect_exit 5 cairn --root /etc/cairn-test-store build .
contains "$err" "/etc/cairn-test-store: Permission denied"
contains "$err" "--root DIR"
