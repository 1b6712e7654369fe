#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ADD of a repository: refs, subdirectories, submodules, .git, checksums, and what is asked twice (D05, K11).
. "$(dirname "$0")/lib.sh"
have git
base_image
start_git_server

git_in() { git -C "$scratch/clone" -c user.name=t -c user.email=t@example.com -c protocol.file.allow=always "$@"; }
git init -q -b trunk "$scratch/clone"
mkdir -p "$scratch/clone/sub/deep"
echo one >"$scratch/clone/file"
echo deep >"$scratch/clone/sub/deep/file"
printf '#!/bin/sh\n' >"$scratch/clone/tool" && chmod 777 "$scratch/clone/tool"
ln -s file "$scratch/clone/link"
git_in add . && git_in commit -qm one
git_in tag -am tagged v1
first=$(git_in rev-parse HEAD)
echo two >"$scratch/clone/file"
git_in commit -qam two
git_in checkout -q -b side && echo side >"$scratch/clone/file" && git_in commit -qam side
git_in checkout -q trunk
git clone -q --bare "$scratch/clone" "$git_root/repo.git"

cat >Dockerfile <<END
FROM base
ADD $git_url/repo.git /trunk
ADD $git_url/repo.git#v1 /tag/
ADD $git_url/repo.git#$first:sub/deep /deep
ADD $git_url/repo.git?branch=side&keep-git-dir=1 /side
ADD --keep-git-dir=true --checksum=$first $git_url/repo.git#refs/tags/v1 /kept
RUN cat /trunk/file /tag/file /deep/file /side/file >/text && readlink /trunk/link >>/text
RUN stat -c '%n %a %u:%g' /trunk/file /trunk/tool /trunk/sub >>/text
RUN test ! -e /trunk/.git && test -d /side/.git && test -f /kept/.git/HEAD && test ! -e /deep/.git
END
succeeds cairn build -t app .
cairn run app cat /text >"$out"
same "$(head -5 "$out" | tr '\n' ' ')" "two one deep side file "
contains "$out" "/trunk/file 644 0:0"
contains "$out" "/trunk/tool 755 0:0"
contains "$out" "/trunk/sub 755 0:0"
succeeds cairn build -t app2 .
same "$(image_id app2)" "$(image_id app)"

# A branch that moved is seen; a commit is never asked for again.
echo three >"$scratch/clone/file" && git_in commit -qam three
git_in push -q "$git_root/repo.git" trunk
succeeds cairn build -t app3 .
cairn run app3 head -1 /text >"$out"
same "$(cat "$out")" three

# A submodule comes along unless it is not wanted.
git_in submodule --quiet add "$git_url/repo.git" module
git_in commit -qm module && git_in push -q "$git_root/repo.git" trunk
printf 'FROM base\nADD %s /with\nADD %s /without\nRUN cat /with/module/file && test ! -e /without/module/file\n' \
  "$git_url/repo.git" "$git_url/repo.git?submodules=false" >Dockerfile
succeeds cairn build .

printf 'FROM base\nADD --checksum=abcdef %s /x\n' "$git_url/repo.git" >Dockerfile
expect_exit 3 cairn build .
contains "$err" "expected checksum to match abcdef, got "
contains "$err" "Dockerfile:2"
printf 'FROM base\nADD %s /x\n' "$git_url/repo.git#nowhere" >Dockerfile
expect_exit 3 cairn build .
contains "$err" "has no ref nowhere"
printf 'FROM base\nADD %s /x\n' "$git_url/missing.git" >Dockerfile
expect_exit 4 cairn build .
contains "$err" "git ls-remote failed"
printf 'FROM base\nCOPY %s /x\n' "$git_url/repo.git" >Dockerfile
expect_exit 3 cairn build .
contains "$err" "source can't be a git ref for COPY"
