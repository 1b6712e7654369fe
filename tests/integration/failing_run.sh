#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U12 E18: a failing RUN shows its last lines, its exit code and where it stands, ends with 1, and leaves a store that works.
. "$(dirname "$0")/lib.sh"
base_image

cat >Dockerfile <<'END'
FROM base
RUN echo good
RUN for i in $(seq 30); do echo "line $i"; done; \
    echo oh dear >&2; exit 42
RUN echo never
END
expect_exit 1 cairn build --progress=plain -t broken .
contains "$err" "exit code: 42"
contains "$err" "oh dear"
contains "$err" "Dockerfile:3"
contains "$err" "3 | >>> RUN for i"
contains "$err" '4 | >>>     echo oh dear'
lacks "$err" "echo: never"
# The tail between the dashed lines: the last ten lines, and the error at the very end.
sed -n '/^ > .*RUN for i/,/^------/p' "$err" >"$scratch/tail"
contains "$scratch/tail" "line 22"
lacks "$scratch/tail" "line 20"
expect_exit 2 cairn inspect broken

# Killed by a signal, and a command that is not there.
printf 'FROM base\nRUN sh -c "kill -9 \\$\\$"; exit $?\n' >Dockerfile
expect_exit 1 cairn build .
contains "$err" 137
printf 'FROM base\nRUN ["/no/such/tool"]\n' >Dockerfile
expect_exit 1 cairn build .
contains "$err" "/no/such/tool"

printf 'FROM base\nRUN echo good\n' >Dockerfile
succeeds cairn build --progress=plain -t mended .
contains "$err" CACHED
