#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A FIFO, a device or a directory in place of a Dockerfile or an ignore file of a context is refused at once. What
# the user names may be one, as <(command) is, and one signal ends the wait for it.
. "$(dirname "$0")/lib.sh"
have git
base_image
cairn() { timeout -k 5 20 "$CAIRN" "$@"; }
for name in Dockerfile .dockerignore Dockerfile.dockerignore; do
  rm -rf c
  mkdir c
  [ $name = Dockerfile ] || echo FROM scratch >c/Dockerfile
  mkfifo "c/$name"
  tar -C c -cf c.tar .
  expect_exit 3 cairn build c
  contains "$err" "failed to read $name: it is a FIFO"
  expect_exit 3 cairn build c.tar
  contains "$err" "failed to read $name: it is a FIFO"
  code=0
  cairn build - <c.tar >"$out" 2>"$err" || code=$?
  same "$code" 3 "$name on stdin"
  rm "c/$name"
  mkdir "c/$name"
  expect_exit 3 cairn build c
  contains "$err" "it is a directory"
done
rm -rf c
mkdir c n
echo 'FROM scratch' >c/Dockerfile
mkfifo n/.dockerignore
expect_exit 3 cairn build --build-context "n=n" c
contains "$err" FIFO

# Named by the user: works, waits, and ends at one signal.
printf 'FROM base\nRUN --mount=type=secret,id=s cat /run/secrets/s >/kept\nCMD ["cat", "/kept"]\n' >Dockerfile
cairn build -q -t app --secret id=s,src=<(echo from-a-pipe) . >/dev/null
same "$(cairn run app)" from-a-pipe
cairn build -q -f <(cat Dockerfile) --secret id=s,src=Dockerfile . >/dev/null
cairn build -q -f /dev/stdin --secret id=s,src=Dockerfile . <Dockerfile >/dev/null
cairn build -q --ignorefile <(echo Dockerfile) --secret id=s,src=Dockerfile . >/dev/null
mkfifo fifo
timeout -k 5 20 "$CAIRN" build -q fifo >/dev/null &
build=$!
exec 3>fifo  # waits until the build has opened its end, which reads nothing yet
tar -C c -c . >&3
exec 3>&-
wait $build || fail "a build from a FIFO that is written later"
mkfifo silent
exec 3<>silent
# waits COMMAND...: it waits for what never comes, and SIGTERM ends it.
waits() {
  local code=0
  timeout -k 5 1 "$CAIRN" "$@" >"$out" 2>"$err" <&3 || code=$?
  same "$code" 124 "cairn $* after SIGTERM"
}
waits build -
waits build -f - .
waits build -f fifo .
waits build -f "$PWD/fifo" c.tar
waits build fifo
waits build --secret id=s,src=fifo .
waits load
waits load -i fifo
waits import -
waits prune
# A layout that others made: no wait at all.
mkdir l
echo '{"imageLayoutVersion":"1.0.0"}' >l/oci-layout
mkfifo l/index.json
printf 'FROM n\n' >c/Dockerfile
code=0
cairn build --build-context "n=oci-layout://$PWD/l" c >"$out" 2>"$err" || code=$?
[ $code != 124 ] && [ $code != 0 ] || fail "a layout with a FIFO: $code"
