#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# SOURCE_DATE_EPOCH in all its forms: whole images repeat, whatever the clock and the files' own times say
# (R09, X06, X10, X11, C16).
. "$(dirname "$0")/lib.sh"
have git
base_image
start_web_server
start_git_server

cat >Dockerfile <<'END'
FROM base
ARG SOURCE_DATE_EPOCH
WORKDIR /new/dir
COPY file sub /files/
RUN echo "$SOURCE_DATE_EPOCH" >made
LABEL done=yes
END
mkdir sub && echo data >file && echo inner >sub/inner
build() { cairn build -q "$@" >"$out" 2>"$err" || { cat "$err" >&2; fail "build $*"; }; cat "$out"; }
created() { cairn inspect "$1" | jq -r '.[0].Created'; }

# X06 C16: the same image from touched files, at another time, from every spelling of the epoch.
again=--rewrite-timestamp
first=$(build --no-cache --build-arg SOURCE_DATE_EPOCH=1700000000 $again -t dated .)
next_second
touch file sub sub/inner
same "$(build --no-cache --source-date-epoch 1700000000 $again .)" "$first" "built again"
same "$(SOURCE_DATE_EPOCH=1700000000 build --no-cache -o type=image,rewrite-timestamp=true .)" "$first"
same "$(SOURCE_DATE_EPOCH=5 build --timestamp 1700000000 $again .)" "$first" "an option wins over the environment"
same "$(created dated)" 2023-11-14T22:13:20Z
cairn save dated -o "$scratch/dated.tar"
config=$(tar -xOf "$scratch/dated.tar" manifest.json | jq -r '.[0].Config')
times=$(tar -xOf "$scratch/dated.tar" "$config" | jq -r '.history[].created' | sort | uniq -c | awk '{print $1, $2}')
contains <(echo "$times") "5 2023-11-14T22:13:20Z"
same "$(wc -l <<<"$times")" 2 "the base keeps its own time"
same "$(cairn run dated cat /new/dir/made)" 1700000000

# X11 C16: unasked, files keep their times; the history and what WORKDIR made have the epoch all the same.
# mtime IMAGE PATH: as its layers say.
mtime() {
  rm -rf "$scratch/saved" && mkdir -p "$scratch/saved/files"
  cairn save "$1" | tar -xC "$scratch/saved"
  local layer
  for layer in $(jq -r '.[0].Layers[]' "$scratch/saved/manifest.json"); do
    tar -xf "$scratch/saved/$layer" -C "$scratch/saved/files" --no-same-owner "$2" 2>"$err" || true
  done
  stat -c %Y "$scratch/saved/files/$2"
}
same "$(mtime dated files/file)" 1700000000
build --source-date-epoch 1700000000 -t own . >/dev/null
same "$(mtime own files/file)" "$(stat -c %Y file)"
same "$(created own)" 2023-11-14T22:13:20Z
printf 'FROM base\nWORKDIR /new/dir\n' >dirs
dirs=$(build --source-date-epoch 1700000000 -f dirs -t dirs .)
same "$(mtime dirs new) $(mtime dirs new/dir)" "1700000000 1700000000"
next_second
same "$(build --no-cache --source-date-epoch 1700000000 -f dirs .)" "$dirs" "built again"
build --source-date-epoch 1600000000 -f dirs -t dirs . >/dev/null
rm dirs
same "$(mtime dirs new/dir)" 1600000000 "another epoch is another step"
succeeds cairn build -o type=image,rewrite-timestamp=true .
contains "$err" "rewrite-timestamp is specified, but no source-date-epoch was found"

# X10: files of a tree are set to the epoch, older and younger ones.
touch -d @5 file
build --source-date-epoch 1700000000 -o tree . >/dev/null
same "$(stat -c %Y tree/files/file tree/new/dir tree/bin/sh | sort -u)" 1700000000
build --source-date-epoch 1700000000 -o type=tar,dest=- . | tar -tv --full-time --utc >"$scratch/listing"
same "$(grep -vc '2023-11-14 22:13:20' "$scratch/listing" || true)" 0 "every member has the time"
rm -r tree

# R09: a source as the epoch: the context itself, a named context, a stage.
echo 'ARG SOURCE_DATE_EPOCH' | cat - Dockerfile >two && mv two Dockerfile
git init -q -b main . && git add . && GIT_COMMITTER_DATE='@1234567890 +0200' \
  git -c user.name=t -c user.email=t@e commit -qm one
git clone -q --bare . "$git_root/project.git" && rm -rf .git
TZ=UTC touch -d '2001-02-03 04:05:06' Dockerfile file sub/inner sub
tar -cf "$web_root/project.tar" . && touch -d @1300000000 "$web_root/project.tar"
epoch=SOURCE_DATE_EPOCH
for flags in "$again" "$again --no-cache"; do
  build $flags --build-arg $epoch=context -t git "$git_url/project.git" >/dev/null
  same "$(created git)" 2009-02-13T23:31:30Z "the commit"
done
same "$(mtime git files/file)" 1234567890
same "$(cairn run git cat /new/dir/made)" 1234567890
SOURCE_DATE_EPOCH=context build $again -t sub "$git_url/project.git" -f Dockerfile >/dev/null
same "$(image_id sub)" "$(image_id git)" "said by the environment"
build --build-arg $epoch=context -t web "$web/project.tar" >/dev/null
same "$(created web)" 2011-03-13T07:06:40Z "Last-Modified"
build --build-arg $epoch=context -t undated "$web/undated/project.tar" >/dev/null
same "$(created undated)" 2001-02-03T04:05:06Z "the newest file of the archive"
build --build-arg $epoch=src --build-context "src=$git_url/project.git#main:sub" -t named . >/dev/null
same "$(created named)" 2009-02-13T23:31:30Z "a named context"
printf 'ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD %s/project.tar /\nFROM base\nLABEL a=b\n' "$web" >by_stage
build -f by_stage -t stage . >/dev/null
same "$(created stage)" 2011-03-13T07:06:40Z "a stage"

# What has no time, and what is none.
succeeds cairn build --build-arg $epoch=context .
contains "$err" "SOURCE_DATE_EPOCH=context has no time of its own"
expect_exit 2 cairn build --build-arg $epoch=soon .
contains "$err" "invalid SOURCE_DATE_EPOCH: soon"
printf 'ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nCOPY file /\nFROM base\n' >bad
expect_exit 3 cairn build -f bad .
contains "$err" "bad:3"
contains "$err" "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported copy instruction"
