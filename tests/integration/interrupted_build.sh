#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Ctrl-C ends a build at once with 130, and SIGTERM with 143; nothing is left, and the next build works.
. "$(dirname "$0")/lib.sh"
base_image
mark=$((RANDOM + 200000))
processes() { pgrep -fc "sleep $mark" || true; }
runs() { [ "$(processes)" -ge 2 ]; }
for signal in INT TERM; do
  printf 'FROM base\nRUN (sleep %s &); trap "" INT TERM; sleep %s; sleep %s\n' $mark $mark $mark >Dockerfile
  # A background job of a script ignores SIGINT, unless it is made to take it again.
  python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$CAIRN" build --progress=plain . >"$scratch/log" 2>&1 &
  build=$!
  wait_until runs || { cat "$scratch/log"; fail "the step never ran"; }
  start=$(date +%s%N)
  kill -$signal $build
  code=0; wait $build || code=$?
  [ $((($(date +%s%N) - start) / 1000000)) -lt 8000 ] || fail "took too long to end"
  same $code $([ $signal = INT ] && echo 130 || echo 143) "exit code after SIG$signal"
  same "$(processes)" 0 "processes left"
  ! grep -F "$CAIRN_ROOT" /proc/self/mountinfo || fail "mounts left"
  check_tmp
  printf 'FROM base\nRUN echo %s\n' $signal >Dockerfile
  succeeds cairn build .
done
