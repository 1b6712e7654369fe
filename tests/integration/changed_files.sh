#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A few files of many changed: the image is what a store that knows nothing makes of the same files,
# and what was built before stays as it was. K06, C15
. "$(dirname "$0")/lib.sh"
export SOURCE_DATE_EPOCH=1700000000
base_image

mkdir -p files/0 files/1 files/2
for ((i = 0; i < 900; i++)); do echo "$i" >files/$((i % 3))/$i; done
ln files/0/3 files/1/linked
touch -d 2020-01-01 files/*/*
printf 'FROM base\nCOPY files /data\nRUN chmod 600 /data/0/6\nCOPY files /again\n' >Dockerfile
succeeds cairn build -q -t first .
one=$(image_id first)

echo more >>files/2/2
chmod 755 files/1/1
touch -d 2001-01-01 files/0/9
rm files/0/12
succeeds cairn build -q -t second .
look='cat /data/2/2; stat -c %a /data/1/1 /data/0/6 /again/0/6; stat -c %Y /data/0/9; ls /data/0 | grep -cx 12'
same "$(cairn run second sh -c "$look" || true)" $'2\nmore\n755\n600\n644\n978307200\n0'
same "$(cairn run first sh -c "$look" || true)" $'2\n644\n600\n644\n1577836800\n1'
same "$(image_id first)" "$one"

# Nothing of this is left out of a key or a layer by what was remembered.
succeeds cairn save -o "$scratch/base.tar" base
two=$(image_id second)
export CAIRN_ROOT=$scratch/other
succeeds cairn load -q -i "$scratch/base.tar"
same "$(cairn build -q .)" "$two"

# What was remembered may be damaged.
for file in "$CAIRN_ROOT"/contexts/*; do echo garbage >"$file"; done
echo last >>files/2/5
same "$(cairn build -q .)" "$(CAIRN_ROOT=$scratch/root cairn build -q .)"
