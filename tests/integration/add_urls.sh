#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ADD of files of the web: metadata, checksum, unpacking, and what a second build asks for (D03, D04, E19, K11).
. "$(dirname "$0")/lib.sh"
base_image
start_web_server
mkdir "$scratch/tree"
echo member >"$scratch/tree/member"
echo hello >"$web_root/hello.txt"
touch -d '2020-02-03 04:05:06 UTC' "$web_root/hello.txt"
tar -C "$scratch/tree" -czf "$web_root/tree.tar.gz" .
sum=sha256:$(sha256sum <"$web_root/hello.txt" | cut -d' ' -f1)

cat >Dockerfile <<END
FROM base
ADD $web/hello.txt /named
ADD $web/old/hello.txt /dir/
ADD --chmod=u+x --chown=7:8 $web/hello.txt?x=1 /owned/
ADD --checksum=$sum $web/hello.txt /summed/
ADD $web/tree.tar.gz /packed/
ADD --unpack=true $web/tree.tar.gz /unpacked/
RUN stat -c '%n %a %u:%g %Y' /named /dir/hello.txt /owned/hello.txt /summed/hello.txt /packed/tree.tar.gz >/stats
RUN cat /named /unpacked/member >>/stats
END
succeeds cairn build -t remote .
cairn run remote cat /stats >"$out"
modified=$(date -d '2020-02-03 04:05:06 UTC' +%s)
contains "$out" "/named 600 0:0 $modified"
contains "$out" "/dir/hello.txt 600 0:0 $modified"
contains "$out" "/owned/hello.txt 700 7:8 $modified"
contains "$out" "/summed/hello.txt 600 0:0 $modified"
contains "$out" "/packed/tree.tar.gz 600 0:0"
contains "$out" member

: >"$web_log"
succeeds cairn build -t again .
same "$(image_id again)" "$(image_id remote)" "an unchanged file gives the same image"
lacks "$web_log" " 200"
contains "$web_log" "GET /hello.txt 304"
lacks "$web_log" "HEAD"

# With a checksum nobody is asked once the bytes are here; other bytes are refused.
kill "$web_pid" && wait "$web_pid" 2>/dev/null || true
printf 'FROM base\nADD --checksum=%s %s /x\n' "$sum" "$web/hello.txt" >Dockerfile
succeeds cairn build .
start_web_server
echo changed >"$web_root/hello.txt"
printf 'FROM base\nADD --checksum=%s %s /x\n' "$sum" "$web/hello.txt" >Dockerfile
expect_exit 4 cairn build .
contains "$err" "digest mismatch for $web/hello.txt: sha256:"
contains "$err" "(expected: $sum)"
contains "$err" "Dockerfile:2"

# A secret named after the host is the login, for that host alone.
printf 'FROM base\nADD %s/private/hello.txt /x\n' "$web" >Dockerfile
expect_exit 4 cairn build .
contains "$err" "invalid response status 403"
printf letmein >"$scratch/token"
succeeds cairn build --secret "id=HTTP_AUTH_TOKEN_127.0.0.1,src=$scratch/token" .

printf 'FROM base\nADD %s/none /x\n' "$web" >Dockerfile
expect_exit 4 cairn build .
contains "$err" "$web/none: invalid response status 404"
contains "$err" "Dockerfile:2"
printf 'FROM base\nCOPY %s/none /x\n' "$web" >Dockerfile
expect_exit 3 cairn build .
contains "$err" "source can't be a URL for COPY"
printf 'FROM base\nADD --checksum=sha256:12 %s/none /x\n' "$web" >Dockerfile
expect_exit 3 cairn build .
contains "$err" "invalid checksum"
