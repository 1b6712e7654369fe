#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where the host refuses the builder's namespace, nothing is asked of a mirror or a registry and nothing is
# unpacked: the refusal is the error, with exit code 5, however many mirrors there are.
. "$(dirname "$0")/lib.sh"
have python3
start_web_server
mkdir -p "$scratch/elsewhere"
host=${web#http://}
refused() {
  local identity=--map-root-user
  expect_exit 5 unshare --user $identity sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$CAIRN" "$@"
}
unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null ||
  skip "user namespaces cannot be made, or not be switched off"
printf 'FROM alpine\nRUN true\n' >Dockerfile
for command in "build --pull ." "build ." "pull alpine" "run alpine true"; do
  refused --registry-mirror "docker.io=$web" --registry-mirror "docker.io=http://$host/second" $command
  grep -q '^error: .*user namespaces are switched off' "$err" || { cat "$err"; fail "$command: another reason"; }
  lacks "$err" "mirror"
  lacks "$err" "asking the next"
done
same "$(cat "$web_log")" "" "requests"
same "$(ls "$CAIRN_ROOT/snapshots" 2>/dev/null)" "" "snapshots"
