#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U07 ⚠32: a secret is a file, a variable or both for one step, and is found nowhere afterwards.
. "$(dirname "$0")/lib.sh"
base_image
printf 's3cr3t-of-the-file' >"$scratch/token"
export TOKEN_VARIABLE=s3cr3t-of-the-environment
secrets=(--secret "id=token,src=$scratch/token" --secret id=variable,env=TOKEN_VARIABLE)
cat >Dockerfile <<'END'
FROM base
RUN --mount=type=secret,id=token md5sum </run/secrets/token >/sum && stat -c '%u %g %a' /run/secrets/token >/stat && grep -o '/run/secrets/token .* tmpfs' /proc/self/mountinfo
RUN --mount=type=secret,id=token,target=/x/mine,uid=100,gid=102,mode=741 stat -c '%u %g %f' /x/mine >/stat2
RUN --mount=type=secret,id=variable,env=VALUE test "$VALUE" = "$(printf s3cr3t-of-; printf the-environment)" && test ! -e /run/secrets
RUN --mount=type=secret,id=variable,env=VALUE,target=/both test "$(cat /both)" = "$VALUE"
RUN --mount=type=secret,id=token (echo x >/run/secrets/token) 2>/dev/null || echo read-only >/refused
RUN --mount=type=secret,id=none,env=NONE --mount=type=secret,id=nofile test -z "$NONE" && env | grep -q ^NONE= && test ! -e /run/secrets/nofile
USER ann
RUN --mount=type=secret,id=token test ! -r /run/secrets/token
RUN --mount=type=secret,id=token,uid=1000 test -r /run/secrets/token
END
succeeds cairn build --progress=plain "${secrets[@]}" -t app .
cp "$err" "$scratch/log"
same "$(cairn run app cat /sum)" "$(md5sum <"$scratch/token")"
same "$(cairn run app cat /stat /stat2 /refused | tr '\n' '|')" "0 0 400|100 102 81e1|read-only|"
same "$(cairn run app sh -c 'ls -d /run /x /both' 2>/dev/null || true)" "" "stubs in the image"
# Not in the image, its history, the log, or anywhere in the store, whose files may be of other ids.
cairn save -o "$scratch/app.tar" app
mkdir "$scratch/saved" && tar -xf "$scratch/app.tar" -C "$scratch/saved"
for layer in "$scratch"/saved/blobs/sha256/*; do zcat "$layer" >"$layer.raw" 2>/dev/null || true; done
cairn history --no-trunc app >"$scratch/history"
search() {
  local as=()
  is_root || as=(unshare --map-root-user --map-auto)
  "${as[@]}" grep -rl "$1" "$scratch" || true
}
same "$(search s3cr3t-of-the-environment)" ""
same "$(search s3cr3t-of-the-file)" "$scratch/token"

# Another value is no other step. What is required is asked for when the step runs, and not sooner.
succeeds env TOKEN_VARIABLE=other "$CAIRN" build --progress=plain "${secrets[@]}" .
same "$(grep -c CACHED "$err")" 9 "cached steps, the base among them"
printf 'FROM base\nRUN true\nRUN --mount=type=secret,id=tokn,required cat /run/secrets/tokn\n' >Dockerfile
expect_exit 2 cairn build "${secrets[@]}" .
contains "$err" "secret tokn: not found (did you mean token?)"
contains "$err" "Dockerfile:3"
contains "$err" "--secret id=tokn"
succeeds cairn build --secret "id=tokn,src=$scratch/token" .
succeeds cairn build .
# A file that is not there is said before anything is built.
expect_exit 2 cairn build --secret id=x,src=/no/such/file .
contains "$err" "/no/such/file"
