#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# W01 ⚠33: USER is looked up in the image when a step runs, with all its groups; WORKDIR belongs to that user.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
RUN echo 'late:x:4321:4321::/home/late:/bin/sh' >>/etc/passwd
USER ann
RUN id >/tmp/ann
WORKDIR /home/ann/new/dir
RUN pwd >where
USER ann:staff
RUN id >/tmp/group
USER 77
RUN id >/tmp/number
USER 77:88
RUN id >/tmp/numbers; echo "$HOME" >/tmp/home
USER late
WORKDIR relative
RUN pwd >/tmp/relative; id -un >/tmp/late
COPY Dockerfile ./
USER root
RUN stat -c '%u:%g %a %n' /home/ann/new /home/ann/new/dir /home/ann/new/dir/relative relative/Dockerfile Dockerfile >/stat 2>/dev/null; true
END
succeeds cairn build -t users .
show() { cairn run users cat "$1"; }
same "$(show /tmp/ann)" "uid=1000(ann) gid=1000(ann) groups=10(wheel),50(staff),1000(ann)"
same "$(show /tmp/group)" "uid=1000(ann) gid=50(staff) groups=50(staff)"
same "$(show /tmp/number)" "uid=77 gid=0(root) groups=0(root)"
same "$(show /tmp/numbers)" "uid=77 gid=88 groups=88"
same "$(show /tmp/home) $(show /tmp/relative) $(show /tmp/late)" "/ /home/ann/new/dir/relative late"
same "$(show /stat | tr '\n' ' ')" "1000:1000 755 /home/ann/new 1000:1000 755 /home/ann/new/dir \
4321:4321 755 /home/ann/new/dir/relative 0:0 644 Dockerfile "

printf 'FROM base\nUSER nobody-here\nRUN true\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "unable to find user nobody-here: no matching entries in passwd file"
contains "$err" "Dockerfile:3"
same "$(cairn run -u ann users id -un)" ann
