#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The result as plain files: a directory owned by the caller, or a tar with the owners kept.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base AS make\nRUN echo made >/made && ln -s made /link && chmod 751 /made && chown 1000:50 /made\n' >Dockerfile
printf 'FROM scratch AS files\nCOPY --from=make /made /link /out/\n' >>Dockerfile

succeeds cairn build --target files --output "$scratch/dir" .
same "$(cat "$scratch/dir/out/made")" made
same "$(stat -c '%a %u' "$scratch/dir/out/made")" "751 $(id -u)"
[ ! -e "$scratch/dir/bin" ] || fail "the base is in the result"
succeeds cairn build --target files --output "type=local,dest=$scratch/dir" .

succeeds cairn build --target files -o "type=tar,dest=$scratch/files.tar" .
tar --numeric-owner -tvf "$scratch/files.tar" >"$scratch/listing"
grep -q '^-rwxr-x--x 1000/50 .* out/made$' "$scratch/listing" || { cat "$scratch/listing"; fail "the owner is lost"; }
cairn build -q --target files -o - . | tar -tf - >"$scratch/members"
contains "$scratch/members" out/made
lacks "$scratch/members" bin/busybox
same "$(cairn images -q | wc -l)" 1 "images of the store"

# Every step is cached, and still there are layers to read, for the id of an image with other times.
printf 'FROM base\nRUN echo 1 >/one\nRUN echo 2 >/two\n' >Dockerfile.layers
build_layers() { succeeds cairn build --source-date-epoch 1 -f Dockerfile.layers "$@" .; }
build_layers --rewrite-timestamp
build_layers -o "type=tar,dest=$scratch/layers.tar"
tar -tf "$scratch/layers.tar" >"$scratch/members"
contains "$scratch/members" two

expect_exit 2 cairn build -o type=nonsense,dest=x .
contains "$err" nonsense
