#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# COPY makes a new file, be it equal to the one that is there: what the image has is what the build saw.
. "$(dirname "$0")/lib.sh"
base_image
echo text >file && touch -d @1000 file
printf 'FROM base\nCOPY file /d/a\nRUN ln /d/a /d/b\nCOPY file /d/a\nRUN chmod 644 /d/b\n' >Dockerfile
succeeds cairn build -t replaced -o "type=oci,dest=$scratch/image,tar=false" .
members() {
  local blobs=$scratch/image/blobs/sha256 manifest layer
  manifest=$(jq -r '.manifests[0].digest' "$scratch/image/index.json")
  layer=$(jq -r ".layers[$1].digest" "$blobs/${manifest#*:}")
  gzip -dc "$blobs/${layer#*:}" | tar -tf - | tr '\n' ' '
}
same "$(members 3)" "d/ d/a " "the layer of a COPY of what is there"
# What a RUN only opened, or gave the mode that it has, says nothing new.
members 4 >"$out" && lacks "$out" d/b

# WORKDIR for a name in an empty root, and patterns that are none.
printf 'FROM scratch\nUSER app\nWORKDIR /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "an empty root has no /etc/passwd"
printf 'FROM scratch\nUSER 7:8\nWORKDIR /x\n' >Dockerfile
succeeds cairn build .
printf 'FROM base\nUSER nobody-here\nWORKDIR /x\n' >Dockerfile
succeeds cairn build .
mkdir -p tree && touch tree/a tree/b
printf 'FROM base\nCOPY --exclude=/b tree /t/\n' >Dockerfile
succeeds cairn build -t excluded .
same "$(cairn run excluded ls /t | tr '\n' ' ')" "a b "
printf 'FROM scratch\nCOPY ["tree/a", "/a"\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "the closing ] of the JSON form is missing"
printf '!/\n' >.dockerignore
expect_exit 3 cairn build .
contains "$err" ".dockerignore:1"
