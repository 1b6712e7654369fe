#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A hundred and fifty layers on top of each other are built, run, saved and loaded like three.
. "$(dirname "$0")/lib.sh"
base_image
{
  echo "FROM base"
  for i in $(seq 150); do printf 'COPY <<END /layers/%d\n%d\nEND\n' "$i" "$i"; done
  echo 'RUN cat /layers/* | wc -l >/count && rm /layers/1*'
} >Dockerfile
succeeds cairn build -t deep .
same "$(layers deep | wc -l)" 152 "layers"
same "$(cairn run deep sh -c 'cat /count; ls /layers | wc -l' | tr '\n' ' ')" "150 88 "
cairn save -o "$scratch/deep.tar" deep
succeeds cairn --root "$scratch/other" load -i "$scratch/deep.tar"
same "$(cairn --root "$scratch/other" run deep sh -c 'ls /layers | wc -l')" 88
