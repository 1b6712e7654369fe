#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where a login is found: --creds, --authfile, DOCKER_AUTH_CONFIG, and the file that podman, buildah and
# skopeo write for somebody without a runtime directory.
[ "$(id -u)" = 0 ] && [ -z "${in_own_mounts:-}" ] &&
  exec env in_own_mounts=1 unshare -m sh -c 'mount -t tmpfs none /run && exec "$@"' sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
base_image
have python3
port=$(free_port)
python3 "$here/login_registry.py" "$port" ann secret 2>"$scratch/registry.log" &
at_exit "kill $!"
wait_for_port "$port"
name=127.0.0.1:$port/team/app:1
cairn tag base "$name"
auths() { printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$port" "$(printf %s "$1" | base64)"; }
good() { auths ann:secret; }
bad() { auths ann:wrong; }

expect_exit 4 cairn push "$name"
contains "$err" "push access denied"
succeeds cairn push --creds ann:secret "$name"
expect_exit 4 cairn push --creds ann:wrong "$name"
contains "$err" "asked with the login from --creds"
expect_exit 2 cairn push --creds ann "$name"

good >"$scratch/good.json"
succeeds cairn push --authfile "$scratch/good.json" "$name"
expect_exit 2 cairn push --authfile "$scratch/none.json" "$name"
succeeds env DOCKER_AUTH_CONFIG="$(good)" "$CAIRN" push "$name"
# The nearer goes before the farther.
expect_exit 4 env DOCKER_AUTH_CONFIG="$(bad)" "$CAIRN" push "$name"
succeeds env DOCKER_AUTH_CONFIG="$(bad)" "$CAIRN" push --authfile "$scratch/good.json" "$name"
printf 'FROM base\nRUN true\n' >Dockerfile
succeeds cairn build --creds ann:secret -t "$name" --push .

# The login is for the registry that was named, and for no other, a mirror neither.
expect_exit 4 cairn --registry-mirror "127.0.0.1:1=http://127.0.0.1:$port" pull --creds ann:secret \
  127.0.0.1:1/nosuch
contains "$scratch/registry.log" nosuch
! grep -q 'nosuch.*ann' "$scratch/registry.log" || fail "the mirror got the login"
# In a build that pushes nothing it is for every registry of a base image, and still for no mirror.
printf 'FROM 127.0.0.1:1/other\n' >Dockerfile
expect_exit 4 cairn --registry-mirror "127.0.0.1:1=http://127.0.0.1:$port" build --creds ann:secret .
contains "$scratch/registry.log" other
! grep -q 'other.*ann' "$scratch/registry.log" || fail "the mirror of a base image got the login"

is_root || exit 0
unset XDG_RUNTIME_DIR
expect_exit 4 cairn push "$name"
mkdir -p /run/containers/0
good >/run/containers/0/auth.json
succeeds cairn push "$name"
