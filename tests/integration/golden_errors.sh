#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Wrong Dockerfiles, and the whole of what `cairn build` says about each: for every tests/data/cli/errors/NAME.Dockerfile,
# NAME.output has the exit code and the text. A first line "# given:" holds options of the command line.
errors=$(realpath "$(dirname "$0")/../data/cli/errors")
. "$(dirname "$0")/lib.sh"

echo a >a
echo b >b
different=()
for file in "$errors"/*.Dockerfile; do
  name=$(basename "$file" .Dockerfile) code=0
  cp "$file" Dockerfile
  read -ra options < <(sed -n '1s/^# given://p' Dockerfile) || true
  cairn build --progress=plain "${options[@]}" . >"$out" 2>"$err" </dev/null || code=$?
  [ "$code" != 0 ] || { different+=("$name is built"); continue; }
  # What depends on the moment, the directory and the host is not what the test is about.
  { echo "exit code $code"; cat "$out" "$err"; } |
    sed -E "s,$scratch,SCRATCH,g; s/[0-9]+\.[0-9]+s/TIME/g; s/(building with cairn).*/\1/" >"$scratch/actual"
  (golden "$errors/$name.output" "$scratch/actual") || different+=("$name")
done
[ ${#different[@]} = 0 ] || fail "$(printf '%s, ' "${different[@]}")see above"
