#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of the launcher, or of builder and launcher, leaves no process of a step, and no builder that waits.
. "$(dirname "$0")/lib.sh"
base_image
# A step whose processes hold its output open and ignore what they may ignore.
cat >Dockerfile <<'END'
FROM base
RUN trap '' HUP INT TERM; (trap '' HUP TERM; exec sleep 4711) & exec sleep 4711
END
sleepers() { pgrep -u "$(id -u)" -fx 'sleep 4711' || true; }
before=$(sleepers)
mine() { comm -13 <(sort <<<"$before") <(sleepers | sort) | grep . || true; }
runs() { [ "$(mine | wc -l)" = 2 ]; }
is_over() { [ -z "$(mine)" ]; }
for how in launcher both stopped; do
  "$CAIRN" build --no-cache --progress=plain . >"$out" 2>"$err" &
  builder=$!
  wait_until runs || { cat "$err" >&2; fail "the step did not start"; }
  launcher=$(pgrep -P $builder -f 'launcher of steps')
  case $how in
    launcher) kill -9 "$launcher" ;;
    both) kill -9 $builder "$launcher" ;;
    stopped) kill -STOP "$launcher"; kill -9 $builder ;;
  esac
  code=0
  wait $builder || code=$?
  if [ $how = launcher ]; then
    same $code 5 "the exit code of a build whose launcher was killed"
    contains "$err" "the launcher of steps has died"
  fi
  wait_until is_over || { kill -9 $(mine); fail "$how killed, and processes of the step are left"; }
done
