#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The login of a URL reaches its server and nothing else: no progress, error, history, layer, file of the
# store or argument of git.
. "$(dirname "$0")/lib.sh"
have git
base_image
port=$(free_port)
python3 "$here/login_server.py" "$port" "$scratch/web" ann CANARYPW 2>"$scratch/web.log" &
at_exit "kill $!"
wait_for_port "$port"
url=http://ann:CANARYPW@127.0.0.1:$port
git init -q -b main "$scratch/clone"
git -C "$scratch/clone" -c user.name=t -c user.email=t@e commit -q --allow-empty -m one
echo one >"$scratch/clone/file"
git -C "$scratch/clone" add . && git -C "$scratch/clone" -c user.name=t -c user.email=t@e commit -qm two
mkdir -p "$scratch/web"
git clone -q --bare "$scratch/clone" "$scratch/web/r.git"
git -C "$scratch/web/r.git" update-server-info
echo hello >"$scratch/web/hello.txt"
printf 'FROM scratch\nCOPY file /\n' >"$scratch/clone/Dockerfile"
tar -C "$scratch/clone" -cf "$scratch/web/context.tar" Dockerfile file
everywhere=$scratch/everywhere
keep() { cat "$out" "$err" >>"$everywhere"; }

# What git is called with is seen by every user of the host.
(while sleep 0.02; do tr '\0' ' ' 2>/dev/null </proc/"$(pgrep -n -x git || echo self)"/cmdline; done) \
  >"$scratch/arguments" 2>/dev/null &
at_exit "kill $!"
printf 'FROM base\nADD --keep-git-dir=true %s/r.git /src\nADD %s/hello.txt /\n' "$url" "$url" >Dockerfile
echo 'RUN cat /src/file /hello.txt && cat /src/.git/config' >>Dockerfile
succeeds cairn build --progress=plain -t app .
contains "$err" "http://xxxxx:xxxxx@127.0.0.1:$port/r.git"
contains "$err" "url = http://127.0.0.1:$port/r.git"
contains "$err" "hello"
keep
succeeds cairn history --no-trunc app && keep
succeeds cairn inspect app && keep
succeeds cairn du && keep
succeeds cairn build --progress=plain --metadata-file "$scratch/metadata" -t tarred "$url/context.tar" && keep
cat "$scratch/metadata" >>"$everywhere"
succeeds cairn build --progress=plain -t cloned -f "$scratch/clone/Dockerfile" "$url/r.git" && keep
succeeds cairn build --progress=plain --build-context "more=$url/r.git" . && keep

# A wrong login, an absent file, a mirror and an image name.
printf 'FROM base\nADD http://ann:CANARYPWX@127.0.0.1:%s/r.git /src\n' "$port" >Dockerfile
expect_exit 4 cairn build --progress=plain . && keep
printf 'FROM base\nADD %s/none.txt /\n' "$url" >Dockerfile
expect_exit 4 cairn build --progress=plain . && keep
expect_exit 4 cairn build --progress=plain "$url/none.git" && keep
expect_exit 2 cairn --registry-mirror "docker.io=http://u:CANARYPW@127.0.0.1:1" pull nosuch && keep
contains "$err" "docker login"
expect_exit 2 cairn pull "user:CANARYPW@127.0.0.1:1/x" && keep
expect_exit 2 cairn pull "user:CANARYPW@host" && keep
printf 'FROM user:CANARYPW@host/x\n' >Dockerfile
cairn build --progress=plain . >"$out" 2>"$err" || true
keep

lacks "$everywhere" CANARYPW
lacks "$scratch/arguments" CANARYPW
for file in $(find "$CAIRN_ROOT" -type f); do
  ! grep -qa CANARYPW "$file" 2>/dev/null || fail "$file holds the password"
done
