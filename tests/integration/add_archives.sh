#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ADD unpacks local archives by what they are, not by their names, keeps owners, and stays inside the image.
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p tree/sub && echo in >tree/sub/file && ln -s sub/file tree/link && ln tree/sub/file tree/hard
tar -C tree --owner=12 --group=34 -cf plain.tar . && gzip -k plain.tar && xz -k plain.tar && bzip2 -k plain.tar && zstd -q plain.tar
mv plain.tar.xz no-suffix
echo text >text && gzip -k text
mkdir evil && echo bad >evil/file
tar -C evil -P --transform 's,^,/../../etc/,' -cf absolute.tar file
ln -s /etc evil/out && tar -C evil -cf link.tar out && tar -C evil --transform 's,file,out/passwd-evil,' -rf link.tar file
cat >Dockerfile <<'END'
FROM base
ADD plain.tar /plain
ADD plain.tar.gz /gz/
ADD no-suffix /xz
ADD plain.tar.bz2 /bz2
ADD plain.tar.zst /zst
ADD --chown=ann plain.tar /owned
ADD text.gz text /kept/
COPY plain.tar /copied.tar
ADD absolute.tar /evil
ADD link.tar /evil2
END
succeeds cairn build -t added .
look() { cairn run added sh -c "$1" | tr '\n' ' '; }
for place in plain gz xz bz2 zst; do
  same "$(look "cat /$place/link; stat -c '%u:%g %h' /$place/sub/file")" "in 12:34 2 "
done
same "$(look 'stat -c "%u:%g" /owned/sub/file')" "1000:1000 "
same "$(look 'ls /kept; cat /kept/text; ls -d /copied.tar')" "text text.gz text /copied.tar "
same "$(look 'cat /etc/passwd | wc -l; find / -xdev -name file -path "*etc*" | sort')" "2 /evil/etc/file "
same "$(look 'find /etc /evil2 -name passwd-evil')" "/evil2/etc/passwd-evil "

head -c 150 plain.tar.gz >cut.tar.gz
printf 'FROM base\nADD cut.tar.gz /x\n' >Dockerfile
expect_exit 5 cairn build .
contains "$err" "Dockerfile:2"
contains "$err" "unpacking cut.tar.gz"
