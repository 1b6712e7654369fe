#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of cairn in the middle of a RUN leaves no process and no mount, and the next build works.
. "$(dirname "$0")/lib.sh"
base_image
mark=$((RANDOM + 100000))
printf 'FROM base\nRUN echo before >/before\nRUN (sleep %s &); echo running; sleep %s\n' $mark $mark >Dockerfile
processes() { pgrep -fc "sleep $mark" || true; }
runs() { [ "$(processes)" -ge 2 ]; }
is_over() { [ "$(processes)" = 0 ]; }

"$CAIRN" build --progress=plain . >"$scratch/log" 2>&1 &
build=$!
wait_until runs || { cat "$scratch/log"; fail "the step never ran"; }
kill -9 $build
wait $build 2>/dev/null || true
wait_until is_over || fail "processes left"
! grep -F "$CAIRN_ROOT" /proc/self/mountinfo || fail "mounts left"
! grep -lF "$CAIRN_ROOT" /proc/[0-9]*/mountinfo 2>/dev/null | grep . || fail "mounts left in a namespace"

sed -i "s/sleep $mark/sleep 0/g" Dockerfile
succeeds cairn build --progress=plain -t after .
contains "$err" CACHED
same "$(cairn run after cat /before)" before
check_tmp
