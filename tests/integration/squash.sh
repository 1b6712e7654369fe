#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# --squash makes the new layers one above those of the base, --squash-all makes one of them all: the same
# files with less to carry, and nothing of what a later step deleted.
. "$(dirname "$0")/lib.sh"
have jq
have skopeo
base_image
cat >Dockerfile <<'END'
FROM base
RUN printf %s-%s hush hush >/secret && dd if=/dev/zero of=/big bs=1M count=4 && rm -r /var && chmod 700 /tmp
ENV A=b
RUN rm /secret /big /etc/group && mkdir /var && echo new | tee /var/new >/var/mode && ln /var/new /var/link && chown 1000:50 /var/mode
COPY Dockerfile /etc/group/
RUN chmod 4711 /var/mode && rm -r /root && ln -s /var /root
CMD ["cat", "/var/new"]
END
echo 'FROM it' >Dockerfile.it
epoch() { SOURCE_DATE_EPOCH=1700000000 cairn "$@"; }
archive() { # archive NAME FLAGS...: an OCI archive of that build, without compression
  succeeds epoch build --progress=plain --rewrite-timestamp -t it "${@:2}" -o "type=oci,compression=uncompressed,dest=$scratch/$1.tar" .
}
config() { skopeo inspect --config --raw "oci-archive:$scratch/$1.tar" | jq -c "$2"; }
# tree NAME: what an image is made of, as a store reads its archive that knows nothing else.
tree() {
  rm -rf "$scratch/from" && mkdir "$scratch/from" && tar -xC "$scratch/from" -f "$scratch/$1.tar"
  CAIRN_ROOT=$scratch/other succeeds epoch build --build-context "it=oci-layout://$scratch/from" -f Dockerfile.it \
    -o "type=tar,dest=$scratch/$1-tree.tar" .
}

# The same files in fewer layers; their history is all there, and counts them.
archive plain
archive squash --squash
same "$(grep -c CACHED "$err")" 5 "the base and the steps, none of which ran again"
archive all --squash-all
for name in plain squash all; do tree $name; done
cmp "$scratch/plain-tree.tar" "$scratch/squash-tree.tar" || fail "the files of squash"
cmp "$scratch/plain-tree.tar" "$scratch/all-tree.tar" || fail "the files of all"
base=$(cairn inspect base | jq -c '.[0].RootFS.Layers')
same "$(config plain '.rootfs.diff_ids | length')" 5
same "$(config squash '.rootfs.diff_ids | length')" 2
same "$(config squash '.rootfs.diff_ids[:1]')" "$base" "the base's own layer"
same "$(config all '.rootfs.diff_ids | length')" 1
for name in squash all; do
  same "$(config $name '[.history[] | select(.empty_layer | not)] | length')" \
    "$(config $name '.rootfs.diff_ids | length')" "history of $name"
  same "$(config $name '[.history[].created_by][:7]')" "$(config plain '[.history[].created_by]')"
  same "$(config $name '.config')" "$(config plain '.config')"
done
same "$(config squash '.history[-1].comment')" '"squashed 4 layers"'
same "$(config all '.history[-1].comment')" '"squashed 5 layers"'

# What was deleted is in no layer, and what the base had is deleted by whiteouts.
grep -qa hush-hush "$scratch/plain.tar" || fail "the secret is not where it should be"
for name in squash all; do
  ! grep -qa hush-hush "$scratch/$name.tar" || fail "the secret is in $name"
done
size() { stat -c %s "$scratch/$1.tar"; }
[ "$(size squash)" -lt "$(($(size plain) - 4000000))" ] || fail "the large file is still carried"
layer=$(config squash '.rootfs.diff_ids[1]' | tr -d '"')
tar -xOf "$scratch/squash.tar" "blobs/sha256/${layer#sha256:}" | tar -tv --numeric-owner >"$scratch/listing"
grep -q ' root -> /var$' "$scratch/listing" || fail "the replaced directory"
grep -q '^-rws--x--x 1000/50 .* var/mode$' "$scratch/listing" || fail "the last mode"
contains "$scratch/listing" 'var/new link to var/link'
lacks "$scratch/listing" big
lacks "$scratch/listing" bin/

# The same bytes again: cached, built anew with one step at a time, and in a store of its own.
for flags in "" "--no-cache -j1"; do
  cp "$scratch/squash.tar" "$scratch/first.tar"
  archive squash --squash $flags
  cmp "$scratch/first.tar" "$scratch/squash.tar" || fail "another archive with '$flags'"
done

# An image of the store like any other: it runs, has its size, is built upon and pushed.
succeeds epoch build --squash -t squashed .
succeeds epoch build --squash-all -t app:all .
same "$(cairn run squashed)" new
cairn history squashed >"$scratch/history"
contains "$scratch/history" "squashed 4 layers"
lacks "$scratch/history" 4.2MB
printf 'FROM squashed\nRUN test ! -e /secret && echo more >/more\nRUN rm /more\n' >Dockerfile.on
succeeds cairn build --squash -t on -f Dockerfile.on .
same "$(layers on | head -2)" "$(layers squashed)"
same "$(layers on | wc -l)" 3
start_registry
cairn tag squashed "$registry/app:1" && succeeds cairn push "$registry/app:1"
same "$(skopeo inspect --tls-verify=false "docker://$registry/app:1" | jq '.Layers | length')" 2

# Nothing to merge, nothing changed; both at once is a contradiction.
printf 'FROM base\nENV A=b\n' >Dockerfile.env
same "$(epoch build -q --squash -f Dockerfile.env .)" "$(epoch build -q -f Dockerfile.env .)"
expect_exit 2 cairn build --squash --squash-all .
