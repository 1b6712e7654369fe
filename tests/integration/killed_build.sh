#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of cairn in the middle of a RUN leaves no process and no mount, and the next build works.
. "$(dirname "$0")/lib.sh"
base_image
mark=$((RANDOM + 100000))
printf 'FROM base\nRUN echo before >/before\nRUN (sleep %s &); echo running; sleep %s\n' $mark $mark >Dockerfile
processes() { pgrep -fc "sleep $mark" || true; }

"$CAIRN" build --progress=plain . >"$scratch/log" 2>&1 &
build=$!
for _ in $(seq 200); do [ "$(processes)" -ge 2 ] && break; sleep 0.05; done
[ "$(processes)" -ge 2 ] || { cat "$scratch/log"; fail "the step never ran"; }
kill -9 $build
wait $build 2>/dev/null || true
for _ in $(seq 100); do [ "$(processes)" = 0 ] && break; sleep 0.05; done
same "$(processes)" 0 "processes left"
! grep -F "$CAIRN_ROOT" /proc/self/mountinfo || fail "mounts left"
! grep -lF "$CAIRN_ROOT" /proc/[0-9]*/mountinfo 2>/dev/null | grep . || fail "mounts left in a namespace"

sed -i "s/sleep $mark/sleep 0/g" Dockerfile
succeeds cairn build --progress=plain -t after .
contains "$err" CACHED
same "$(cairn run after cat /before)" before
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"
