#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A tar of a root filesystem becomes an image, however it is compressed, with the settings asked for.
. "$(dirname "$0")/lib.sh"
base_rootfs "$scratch/rootfs"
ln "$scratch/rootfs/etc/passwd" "$scratch/rootfs/etc/passwd-"
tar -C "$scratch/rootfs" -cf plain.tar .
gzip -k plain.tar
xz -kT0 -0 plain.tar
for file in plain.tar plain.tar.gz plain.tar.xz; do
  succeeds cairn import -c 'ENV A=b' -c 'CMD ["id", "-un"]' -c 'USER ann' $file "made:$file"
  same "$(cairn run "made:$file")" ann
done
same "$(layers made:plain.tar)" "$(layers made:plain.tar.xz)" "layers of the same tar"
same "$(cairn inspect made:plain.tar | jq -c '.[0].Config.Env')" '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","A=b"]'
cairn import -m "from a pipe" - made:pipe <plain.tar.gz >/dev/null
succeeds cairn history made:pipe
contains "$out" "from a pipe"

expect_exit 2 cairn import -c 'RUN true' plain.tar x
echo "no tar at all" >nonsense
expect_exit 5 cairn import nonsense x
# What names files outside of the image ends inside of it or not at all.
mkdir -p evil/a && echo bad >evil/a/escaped
tar -C evil -P --transform 's,^a/,../../../../../../tmp/cairn-evil-,' -cf evil.tar a/escaped
cairn import evil.tar evil >/dev/null 2>&1 && cairn run evil true >/dev/null 2>&1 || true
[ ! -e /tmp/cairn-evil-escaped ] || fail "a file was written outside of the store"
