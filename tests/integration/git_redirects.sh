#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where the server of a repository, and a repository by its submodules, may lead git: where any other server
# may lead. The URL that the user wrote stays what is recorded.
own_addresses=yes
. "$(dirname "$0")/lib.sh"
have git
base_image
start_redirecting_server

in_repository() { git -C "$scratch/$1" -c user.name=t -c user.email=t@e "${@:2}"; }
# publish NAME [SUBMODULE_URL]: a repository below $web_root, and one submodule in it.
publish() {
  rm -rf "$scratch/$1" "$web_root/$1.git"
  git init -q -b main "$scratch/$1"
  echo "$1" >"$scratch/$1/file"
  in_repository "$1" add file
  if [ -n "${2:-}" ]; then
    printf '[submodule "part"]\n\tpath = part\n\turl = %s\n' "$2" >"$scratch/$1/.gitmodules"
    in_repository "$1" add .gitmodules
    in_repository "$1" update-index --add --cacheinfo "160000,$(in_repository "${3:-leaf}" rev-parse HEAD),part"
  fi
  in_repository "$1" commit -qm "$1"
  git clone -q --bare "$scratch/$1" "$web_root/$1.git"
}
# add URL [FLAG]: a build that ADDs the repository.
add() {
  : >"$seen"
  printf 'FROM base\nADD %s %s /x\nRUN cat /x/file /x/part/file /x/part/part/file /x/.git/config 2>&1 | cat\n' \
    "${2:-}" "$1" >Dockerfile
  # A server that speaks another protocol says nothing.
  timeout -k 5 40 "$CAIRN" build --no-cache --progress=plain . >"$out" 2>"$err"
}
refuses() {
  ! add "$1" || fail "$1 is fetched"
  contains "$err" "may not lead to"
  ! grep "^$2 " "$seen" || fail "$1 leads to $2"
}
allows() { add "$@" || { cat "$err"; fail "$1 is not fetched"; }; }

publish leaf
for to in 127.0.0.1 private.example metadata.example '[fd12::1]' '[64:ff9b::a9fe:a9fe]'; do
  refuses "http://public.example:$port/to/$to:$port/leaf.git" '\(127.*\|10.*\|169.*\|fd.*\|64:.*\)'
done
for from in 127.0.0.1 private.example; do
  refuses "http://$from:$port/to/metadata.example:$port/leaf.git" 169.254.169.254
done

# A repository that has moved, as a hoster has them.
moved=http://public.example:$port/to/203.0.113.5:$port/leaf.git
allows "$moved" --keep-git-dir=true
contains "$err" " leaf"
contains "$err" "url = $moved"
allows "http://ann:CANARYPW@public.example:$port/to/203.0.113.5:$port/leaf.git"
contains "$seen" "/to/203.0.113.5:$port/leaf.git/info/refs?service=git-upload-pack login"
same "$(grep -c '^203.0.113.5 /leaf.git.* login' "$seen")" 0 "the login went to where the repository has moved"

# Submodules lead no further than a redirect of their repository's server.
for url in "http://private.example:$port/leaf.git" "http://127.0.0.1:$port/leaf.git" \
  "git://127.0.0.1:$port/leaf.git" "http://public.example:$port/to/127.0.0.1:$port/leaf.git"; do
  publish top "$url"
  refuses "http://public.example:$port/top.git" '\(127.*\|10.*\)'
  contains "$err" "submodule part (submodules=false leaves all out)"
done
publish top "http://169.254.169.254:$port/leaf.git"
refuses "http://127.0.0.1:$port/top.git" 169.254.169.254

# They may move as well, and be named by a path; nested ones, too.
publish middle ../leaf.git
publish top "http://public.example:$port/to/public.example:$port/middle.git" middle
for keep in false true; do
  allows "http://private.example:$port/top.git" --keep-git-dir=$keep
  for part in top middle leaf; do grep -q "^#.* $part\$" "$err" || fail "$part is missing"; done
done
publish middle "http://127.0.0.1:$port/leaf.git"
publish top "http://public.example:$port/middle.git" middle
refuses "http://private.example:$port/top.git" 127.0.0.1

# The address that was checked is the one that git connects to.
git_version=$(git version | grep -o '2\.[0-9]*' | head -1)
[ "${git_version#2.}" -ge 37 ] || exit 0
echo "10.9.8.7 turns.example" >"$web_root/hosts.next"
echo "203.0.113.5 turns.example" >>"$scratch/hosts"
allows "http://turns.example:$port/turn/leaf.git"
! grep '^10' "$seen" || fail "git looked the name up once more"
