#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Names that mean something else in a layer never get into one, and attributes that mean something to
# overlayfs end no export.
. "$(dirname "$0")/lib.sh"
have python3
base_image
refused() {
  printf 'FROM base\nRUN true\n%s\n' "$1" >Dockerfile
  expect_exit 1 cairn build .
  contains "$err" "$2 cannot be in a layer: its name says that $3 is deleted"
  contains "$err" "$1"
  contains "$err" "Dockerfile:3"
}
refused 'RUN echo x >/etc/.wh.passwd' /etc/.wh.passwd /etc/passwd
refused 'RUN mkdir -p /a/.wh.d/e' /a/.wh.d /a/d
refused 'RUN ln -s x /.wh..wh..opq' /.wh..wh..opq /.wh..opq
touch .wh.f
refused 'COPY .wh.f /x/' /x/.wh.f /x/f
expect_exit 1 cairn build --squash .
contains "$err" "/x/.wh.f cannot be in a layer"
# In a stage that nobody exports, and where it is removed in time, it is a name like others.
printf 'FROM base AS other\nRUN echo kept >/.wh.x && echo y >/.wh.y && rm /.wh.y\nFROM base\nCOPY --from=other /.wh.x /x\n' >Dockerfile
succeeds cairn build -t named .
same "$(cairn run named cat /x)" kept

# As a file of an archive brings them, and as a step sets them (where the kernel lets it).
python3 - <<'END'
import io, tarfile
with tarfile.open("marked.tar", "w", format=tarfile.PAX_FORMAT) as archive:
    for name in ("redirect", "metacopy", "opaque"):
        member = tarfile.TarInfo(name)
        member.pax_headers = {"SCHILY.xattr.user.overlay." + name: "/etc"}
        archive.addfile(member, io.BytesIO())
END
printf 'FROM base\nADD marked.tar /m\nRUN touch /m/*\n' >Dockerfile
succeeds cairn build -t marked .
succeeds cairn save -o "$scratch/marked.image" marked
succeeds cairn build -o "$scratch/dir" .
same "$(ls "$scratch/dir/m" | tr '\n' ' ')" "metacopy opaque redirect "

# What overlayfs itself notes of a directory that replaces another is no attribute of the image.
printf 'FROM base\nRUN mkdir -p /o/d && touch /o/d/x\nRUN rm -r /o/d && mkdir /o/d && echo new >/o/d/y\n' >Dockerfile
succeeds cairn build -o "type=oci,tar=false,dest=$scratch/layout" .
for layer in "$scratch"/layout/blobs/sha256/*; do zcat -f "$layer"; done |
  grep -aoE 'o/d/[.]wh[.]x|(user|trusted)[.]overlay[.][a-z]*' | sort -u >"$scratch/found"
same "$(cat "$scratch/found")" o/d/.wh.x "what the layers say of the directory"
