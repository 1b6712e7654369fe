#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An image that was saved and loaded elsewhere has the same id, the same names, and runs.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nRUN echo kept >/file\nCMD cat /file\n' >Dockerfile
cairn build -q -t app:1 -t app:2 . >"$scratch/id"

for format in docker-archive oci-archive; do
  cairn save --format $format -o "$scratch/$format.tar" app:1 app:2 base
  export CAIRN_ROOT=$scratch/$format
  succeeds cairn load -i "$scratch/$format.tar"
  contains "$out" "Loaded image: app:1"
  contains "$out" "Loaded image: base:latest"
  same "$(image_id app:1) $(image_id app:2)" "$(cat "$scratch/id") $(cat "$scratch/id")"
  same "$(cairn run app:2)" kept
  CAIRN_ROOT=$scratch/root
done

# Through a pipe, compressed on the way.
cairn save app:1 | gzip | CAIRN_ROOT=$scratch/piped "$CAIRN" load >"$out"
contains "$out" "Loaded image: app:1"
# By id there is no name, and a broken archive leaves nothing behind.
cairn save -o "$scratch/nameless.tar" "$(cat "$scratch/id")"
succeeds cairn --root "$scratch/nameless" load -i "$scratch/nameless.tar"
contains "$out" "Loaded image ID: $(cat "$scratch/id")"
head -c 300000 "$scratch/docker-archive.tar" >"$scratch/cut.tar"
expect_exit 5 cairn --root "$scratch/cut" load -i "$scratch/cut.tar"
same "$(cairn --root "$scratch/cut" images -q)" ""
