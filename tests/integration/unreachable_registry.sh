#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A registry that does not answer, or has not got the image, is named, and ends with 4.
. "$(dirname "$0")/lib.sh"
base_image

port=$(free_port)
printf 'FROM 127.0.0.1:%s/team/app:1\nRUN true\n' "$port" >Dockerfile
expect_exit 4 cairn build .
contains "$err" "127.0.0.1:$port"
contains "$err" "Dockerfile:1"
expect_exit 4 cairn pull "127.0.0.1:$port/team/app:1"
cairn tag base "127.0.0.1:$port/team/app:1"
expect_exit 4 cairn push "127.0.0.1:$port/team/app:1"

start_registry
expect_exit 4 cairn pull "$registry/no/such:image"
contains "$err" "$registry/no/such:image"

# The store is none the worse for it.
printf 'FROM base\nRUN true\n' >Dockerfile
succeeds cairn build -t fine .
succeeds cairn run fine true
