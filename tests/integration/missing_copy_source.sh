#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# E09: a COPY of what is not there says where it stands and what is near: a name, a letter's case, an ignore
# line, another stage.
. "$(dirname "$0")/lib.sh"
base_image

mkdir conf
touch conf/server.conf README.md secret.key
printf '# keys stay here\n*.key\n' >.dockerignore

# copy_fails ARGUMENTS_OF_COPY EXPECTED...
copy_fails() {
  printf 'FROM base AS tools\nRUN touch /made\n\nFROM base\nRUN true\nCOPY %s\n' "$1" >Dockerfile
  expect_exit 3 cairn build --target "" .
  shift
  for text in "not found" "Dockerfile:6" "6 | >>> COPY" "$@"; do contains "$err" "$text"; done
}
copy_fails 'conf/sever.conf /etc/' '"/conf/sever.conf"' 'conf/server.conf'
copy_fails 'readme.md /' 'README.md'
copy_fails 'secret.key /' '.dockerignore:2' '*.key'
copy_fails '../outside /'
copy_fails '--from=tools /maid /' '/made'

# What a stage that this one builds on has made, while the context has not.
printf 'FROM base AS tools\nRUN touch /made\n\nFROM base\nCOPY --from=tools /made /x\nCOPY made /\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "--from=tools"

# A wildcard may match nothing.
printf 'FROM base\nCOPY *.nothing /x/\n' >Dockerfile
succeeds cairn build .
contains "$err" "matches nothing"
