#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One request in five of a registry fails, by a reset, a closed connection, a bad status or half an
# answer: pushes and pulls of an image of many layers come through all the same.
. "$(dirname "$0")/lib.sh"
have python3
base_image
start_registry
printf 'FROM base\n' >Dockerfile
for i in $(seq 12); do printf 'COPY <<END /f%s\n%s\nEND\n' "$i" "$i" >>Dockerfile; done
cairn build -q -t app . >/dev/null
port=$(free_port)
python3 "$here/faulty_proxy.py" "$port" "${registry##*:}" 0.2 >"$scratch/proxy.log" 2>&1 &
at_exit "kill $!"
wait_for_port "$port"
for i in 1 2 3; do
  name=127.0.0.1:$port/r$i/app:1
  cairn tag app "$name"
  succeeds cairn push "$name"
  succeeds cairn --root "$scratch/root$i" pull "$name"
  same "$(cat "$out")" "$(image_id app)"
done
[ "$(grep -c FAULT "$scratch/proxy.log")" -gt 10 ] || fail "the proxy broke nothing"

# One that is not there is asked more than once, and not for long.
started=$SECONDS
expect_exit 4 cairn pull "127.0.0.1:$(free_port)/a:1"
[ $((SECONDS - started)) -lt 8 ] || fail "gave up after $((SECONDS - started)) s"
