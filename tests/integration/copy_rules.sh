#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# COPY: contents of directories, names, modes, owners, links, wildcards, and where files end up.
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p dir/sub many/one many/two && echo f >dir/file && echo s >dir/sub/inner && echo . >many/.dot
echo 1 >many/one/x && echo 2 >many/two/y && ln -s file dir/link && ln -s dir alias && chmod 700 dir dir/sub && chmod 640 dir/file
ln -s /dir/file absolute && ln dir/file dir/hard
cat >Dockerfile <<'END'
FROM base AS work
RUN mkdir -p /has/sub && chmod 711 /has /has/sub && ln -s /has /to-has && echo ann >/owned && chown 1000:50 /owned
COPY dir /fresh
COPY dir/ /has/
COPY dir/file /as-name
COPY dir/file /into/
COPY many/* /flat/
COPY alias/sub /through/
COPY absolute /followed
COPY ../dir/file /clamped
COPY dir/file /to-has/linked
COPY --chmod=700 dir /moded
COPY --chown=ann:staff dir /anns/deep
FROM base
COPY --from=work /has /owned fresh/link /result/
COPY --from=0 . /everything/
END
succeeds cairn build -t copied .
succeeds cairn build --target work -t work .
look() { cairn run work sh -c "$1" | tr '\n' ' '; }
same "$(look 'cd /fresh; stat -c "%a %n" . file sub sub/inner; readlink link')" "755 . 640 file 700 sub 644 sub/inner file "
same "$(look 'stat -c "%a %n" /has /has/sub')" "711 /has 700 /has/sub "
same "$(look 'cat /as-name /into/file /followed /clamped /has/linked /through/inner')" "f f f f f s "
same "$(look 'ls -A /flat')" ".dot x y "
same "$(look 'stat -c "%a" /moded /moded/file /moded/sub')" "700 700 700 "
same "$(look 'stat -c "%u:%g" /anns /anns/deep /anns/deep/sub/inner /fresh/file')" "1000:50 1000:50 1000:50 0:0 "
same "$(look 'stat -c %h /fresh/file /fresh/hard')" "2 2 "
look() { cairn run copied sh -c "$1" | tr '\n' ' '; }
same "$(look 'stat -c "%u:%g %n" /result/owned; ls /result; stat -c %F /result/link; ls /everything/as-name')" \
  "1000:50 /result/owned file hard link linked owned sub regular file /everything/as-name "

# A tree over a link to a directory, a file over a directory, several sources to one name.
refused() {
  printf 'FROM base\nRUN mkdir -p /real /d && ln -s real /bin2\n%s\n' "$1" >Dockerfile
  expect_exit 3 cairn build .
  contains "$err" "Dockerfile:3"
  contains "$err" "$2"
}
mkdir -p over/bin2 && touch over/bin2/x
refused 'COPY over /' '/bin2'
refused 'COPY ["dir/file", "/x"' 'syntax error in pattern'
contains "$err" 'the closing ] of the JSON form is missing'
refused 'COPY --chown=nobody-here dir /x' nobody-here
mkdir clash && touch clash/d
refused 'COPY clash /' '/d'
