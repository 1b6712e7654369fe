#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U04 U05 U06 U11 ⚠30: where mounts come from, where they go, and in which order.
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p dir/sub && echo file >dir/file && echo sub >dir/sub/file && ln -s dir/file link && ln -s /etc/passwd dir/out
cat >Dockerfile <<'END'
FROM base AS made
RUN mkdir -p /m/in /owned && echo made >/m/file && ln -s /etc /m/escape && chown 1000:50 /owned && chmod 0750 /owned && echo seed >/owned/seed
FROM base
ARG WHERE=/mnt TYPE=tmpfs
RUN mkdir -p /real /strict && chmod 700 /strict && ln -s /real /alias && ln -s nowhere /etc/dangling
# Tmpfs: its size, the mode of what it covers, nothing left.
RUN --mount=type=$TYPE,target=$WHERE,size=1m df -k $WHERE | tail -1 | awk '{print $2}' >/size; stat -c %a $WHERE >/mode; touch $WHERE/gone
RUN --mount=type=tmpfs,target=/strict stat -c %a /strict >>/mode; test ! -e /mnt
RUN --mount=type=tmpfs,target=/dev/shm,size=128k df -k /dev/shm | tail -1 | awk '{print $2}' >>/size
# Files, links, targets through links, and a source that cannot leave its tree.
RUN --mount=source=dir/file,target=/one cat /one >/got
RUN --mount=source=link,target=/one cat /one >>/got
RUN --mount=source=../../../dir,target=/alias/deep cat /real/deep/file >>/got; cat /real/deep/out 2>/dev/null | head -1 >>/got
RUN --mount=from=made,source=/m/escape/passwd,target=/one grep -c . /one >>/got
# Inner mounts lie on outer ones, whatever comes first; the same source twice.
RUN --mount=source=dir/sub,target=/a/in --mount=type=tmpfs,target=/a --mount=source=dir/sub,target=/b cat /a/in/file /b/file >>/got
RUN --mount=from=made,source=/m,target=/etc,rw ls /etc/hosts >>/got 2>/dev/null; cat /etc/file >>/got; echo x >/etc/file
# Caches: the whole tree they start as, owner and mode at creation, a part of one, one twice.
RUN --mount=type=cache,target=/c,from=made,source=/owned stat -c '%u:%g %a' /c >/cache; cat /c/seed >>/cache
RUN --mount=type=cache,target=/d,uid=1001,gid=1002,mode=0751 stat -c '%u:%g %a' /d >>/cache; chmod 700 /d
RUN --mount=type=cache,target=/d,uid=1001,gid=1002,mode=0751 stat -c '%u:%g %a' /d >>/cache
RUN --mount=type=cache,target=/d stat -c '%u:%g %a' /d >>/cache; mkdir -p /d/sel && echo part >/d/sel/file
RUN --mount=type=cache,id=/d,source=sel,target=/victim cat /victim/file >>/cache
RUN --mount=type=cache,target=/d rm -rf /d/sel && ln -s /etc /d/sel
RUN --mount=type=cache,target=/l,sharing=locked --mount=type=cache,id=/l,target=/k,sharing=locked touch /l/x && ls /k >>/cache
END
succeeds cairn build --progress=plain -t app .
same "$(cairn run app cat /size /mode | tr '\n' ' ')" "1024 128 1777 700 "
same "$(cairn run app cat /got | tr '\n' ' ')" "file file file root:x:0:0:root:/root:/bin/sh 2 sub sub made " 
same "$(cairn run app cat /cache | tr '\n' ' ')" "1000:50 750 seed 1001:1002 751 1001:1002 700 0:0 755 part x "
same "$(cairn run app sh -c 'ls -d /one /a /b /c /d /victim /l /k /real/*' 2>/dev/null || true)" "" "stubs in the image"
# A symlink that a step left in a cache does not lead out of it.
printf 'FROM base\nRUN --mount=type=cache,id=/d,source=sel,target=/victim cat /victim/hostname\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" 'source "/sel" not found'
contains "$err" "Dockerfile:2"
# A namespace has caches of its own.
printf 'FROM base\nRUN --mount=type=cache,target=/l ls /l >/seen\n' >Dockerfile
succeeds cairn build -t plain .
succeeds cairn build --build-arg BUILDKIT_CACHE_MOUNT_NS=mine -t apart .
same "$(cairn run plain cat /seen)+$(cairn run apart cat /seen)" "x+"
