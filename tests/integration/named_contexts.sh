#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# --build-context puts an image or a directory in the place of a name in the Dockerfile.
. "$(dirname "$0")/lib.sh"
base_image
mkdir "$scratch/other" && echo other >"$scratch/other/file"
printf 'FROM base\nRUN echo replaced >/who\n' | cairn build -q -t stand-in -f - . >/dev/null
printf 'FROM golang:1.22 AS tools\nRUN cp /who /again\nFROM nosuch/thing\nCOPY --from=files file /file\nCOPY --from=tools /again /again\n' >Dockerfile

succeeds cairn build -t named --build-context golang:1.22=docker-image://stand-in \
  --build-context nosuch/thing=docker-image://base --build-context files="$scratch/other" .
same "$(cairn run named cat /file /again | tr '\n' ' ')" "other replaced "

# A stage of that name gives way too, and is not built.
printf 'FROM base AS step\nRUN exit 9\nFROM step\nRUN cp /who /copy\n' >Dockerfile
succeeds cairn build -t named --build-context step=docker-image://stand-in .
same "$(cairn run named cat /copy)" replaced

expect_exit 2 cairn build --build-context nonsense .
expect_exit 2 cairn build --build-context x="$scratch/nowhere" .
contains "$err" nowhere
