#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# images, tag, rmi and inspect say what docker says, in docker's columns.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nLABEL a=b\nEXPOSE 80\nENV X=y\nRUN head -c 2000000 /dev/urandom >/r\n' >Dockerfile
succeeds cairn build -q -t app .
id=$(cat "$out") short=$(cut -c8-19 "$out")

succeeds cairn images
same "$(head -1 "$out" | tr -s ' ')" "REPOSITORY TAG IMAGE ID CREATED SIZE"
grep -qE "^app +latest +$short +[A-Z0-9a-z ]+ ago +[0-9.]+MB$" "$out" || { cat "$out"; fail "the line of app"; }
same "$(cairn images -q app)" "$short"
same "$(cairn images -q --no-trunc app)" "$id"
same "$(cairn images --format json app | jq -r .Repository,.Tag | tr '\n' ' ')" "app latest "

cairn tag app team/app:1.0
cairn tag "$short" other
same "$(cairn inspect app | jq -c '.[0].RepoTags | sort')" '["app:latest","other:latest","team/app:1.0"]'
same "$(cairn inspect "$id" | jq -c '.[0] | [.Config.Labels.a, .Config.ExposedPorts["80/tcp"], .Os]')" '["b",{},"linux"]'
expect_exit 2 cairn tag nothing x
contains "$err" nothing
# A name that is given has no digest, and is none.
for name in "x@$id" "x:1@$id" "$id"; do
  expect_exit 2 cairn tag app "$name"
  contains "$err" 'refusing to create a'
  expect_exit 2 cairn build -t "$name" .
  expect_exit 2 cairn import "$scratch/base.tar" "$name"
done
same "$(cairn images -q | wc -l)" 2

succeeds cairn rmi app
same "$(cat "$out")" "Untagged: app:latest"
expect_exit 2 cairn inspect app
succeeds cairn rmi other team/app:1.0
contains "$out" "Untagged: team/app:1.0"
contains "$out" "Deleted: $id"
same "$(cairn images -q | wc -l)" 1
expect_exit 2 cairn rmi app
# The cache outlives the image.
succeeds cairn build --progress=plain -t app .
same "$(cairn inspect app | jq -r '.[0].Id')" "$id"
