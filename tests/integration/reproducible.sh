#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# With SOURCE_DATE_EPOCH and --rewrite-timestamp one Dockerfile gives the same layers and the same image id:
# as root and as a user, one step at a time or four, in new stores, twice in a row without the cache.
. "$(dirname "$0")/lib.sh"
have setcap; have setfattr; have ldd
base_image
# The base has the host's setcap and setfattr with their libraries; nothing is needed but the kernel.
for tool in setcap setfattr; do
  for file in $(command -v $tool) $(ldd "$(command -v $tool)" | grep -o '/[^ ]*'); do
    mkdir -p "tools$(dirname "$file")"
    cp -L "$file" "tools$file"
  done
done
cat >Dockerfile.tools <<'END'
FROM base
COPY tools/ /
RUN mkdir -p /srv/gone/deep /srv/swap && echo x >/srv/gone/deep/file && echo y >/srv/swap/inner && echo z >/srv/old
END
cairn build -q -f Dockerfile.tools -t tools . >/dev/null
cairn save --format oci-archive -o "$scratch/tools.tar" tools

mkdir tree && echo content >tree/file && ln -s file tree/link && mkfifo tree/pipe
cat >Dockerfile <<'END'
FROM tools AS make
RUN mkdir /made && echo tool >/made/tool && chmod 755 /made/tool
RUN cd /made && ln tool twin && ln -s tool pointer && setfattr -n user.note -v hello tool && chown 1000:50 twin
RUN setcap cap_net_bind_service=+ep /made/tool && ln /made/tool /made/triplet && chown -h 7:8 /made/pointer

FROM tools
RUN rm -r /srv/gone /srv/old && echo new >/srv/new && mkdir -p /home/ann/empty && chown -R ann:staff /home/ann
RUN rm -r /srv/swap && echo file >/srv/swap
RUN rm /srv/swap && mkdir /srv/swap && echo again >/srv/swap/inner && touch -d '2001-02-03 04:05:06' /srv/swap/dated
RUN rm -r /srv/new && mkdir /srv/new && chmod 2750 /srv/new && mknod /srv/new/pipe p
COPY --from=make --chown=ann /made /opt/made
COPY --chown=5:6 --chmod=640 tree /tree
COPY --from=make /made /opt/kept
USER ann
WORKDIR /home/ann/work/deep
RUN echo "$(id)" >mine
END
export SOURCE_DATE_EPOCH=1700000000

# describe CAIRN...: the layers and the id of what was built with it.
describe() { "$@" inspect det | jq -r '.[0] | .RootFS.Layers[], .Id'; }
# build_in ROOT FLAGS...: builds in a store of its own and describes the image.
build_in() {
  local root=$1; shift
  "$CAIRN" --root "$root" images -q | grep -q . || "$CAIRN" --root "$root" load -i "$scratch/tools.tar" >/dev/null
  "$CAIRN" --root "$root" build -q --no-cache --rewrite-timestamp "$@" -t det . >/dev/null
  describe "$CAIRN" --root "$root"
}
build_in "$scratch/a" -j1 >"$scratch/first"
next_second
build_in "$scratch/a" -j4 >"$scratch/second"
diff "$scratch/first" "$scratch/second" || fail "-j1 and -j4 differ"
build_in "$scratch/b" >"$scratch/third"
diff "$scratch/first" "$scratch/third" || fail "two stores differ"
# The build argument means what the variable means.
epoch=$SOURCE_DATE_EPOCH
unset SOURCE_DATE_EPOCH
build_in "$scratch/b" --build-arg SOURCE_DATE_EPOCH="$epoch" >"$scratch/by_argument"
diff "$scratch/first" "$scratch/by_argument" || fail "the build argument gives another image"
export SOURCE_DATE_EPOCH=$epoch
same "$(cairn --root "$scratch/a" inspect det | jq -r '.[0].Created')" 2023-11-14T22:13:20Z

# What is in there is what was asked for.
cairn --root "$scratch/a" build -q --output "type=tar,dest=$scratch/tree.tar" . >/dev/null
tar --xattrs --xattrs-include='*' -tvvf "$scratch/tree.tar" >"$scratch/listing"
grep -qE 'ann|1000' "$scratch/listing" || fail "no file of ann's"
contains "$scratch/listing" "link to"
contains "$scratch/listing" "security.capability"
contains "$scratch/listing" "user.note"
lacks "$scratch/listing" "srv/gone"

needs_user
user_root=$(as_user mktemp -d)
at_exit "as_user unshare --map-root-user --map-auto rm -rf $user_root; rm -rf $user_root"
chmod -R a+rX "$scratch/context" "$scratch/tools.tar"
for flags in -j1 -j4; do
  as_user "$CAIRN" --root "$user_root" load -i "$scratch/tools.tar" >/dev/null
  as_user "$CAIRN" --root "$user_root" build -q --no-cache --rewrite-timestamp $flags -t det . >/dev/null
  describe as_user "$CAIRN" --root "$user_root" >"$scratch/users"
  diff "$scratch/first" "$scratch/users" || fail "root and user differ with $flags"
done
