#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The traps at the end of tests/semantics.md that only a built image can show, one paragraph each; those of the language and of
# planning are unit tests (grep for the number). No peer is needed: the answers were seen with docker 28.
. "$(dirname "$0")/lib.sh"
base_image

# image_says COMMAND: what it prints in the image of ./Dockerfile, on one line.
image_says() {
  succeeds cairn build -t trap .
  cairn run trap sh -c "$1; true" >"$out"
  tr '\n' ' ' <"$out"
}
dockerfile() { printf '%s\n' 'FROM base' "$@" >Dockerfile; }

# ⚠14 K04: an ARG is part of every later RUN, and of no COPY.
echo data >data
dockerfile 'ARG V' 'COPY data /data' 'RUN true'
succeeds cairn build --progress=plain --build-arg V=1 .
succeeds cairn build --progress=plain --build-arg V=2 .
same "$(grep -c CACHED "$err")" 2 "⚠14: the base and COPY stay cached"

# ⚠19 C05: a directory gives its contents, with or without a slash.
mkdir -p tree/sub && echo 1 >tree/one && echo 2 >tree/sub/two
dockerfile 'COPY tree /a' 'COPY tree/ /b' 'COPY tree/. /c/'
same "$(image_says 'cat /a/one /b/one /c/one; ls -d /a/tree 2>/dev/null')" "1 1 1 " "⚠19"

# ⚠20 C06: * takes dot files and no slash, a matched directory is flattened, no match is no error.
mkdir -p stars/dir && touch stars/.dot stars/plain stars/dir/inner
dockerfile 'COPY stars/* /d/' 'COPY stars/*none* /e/'
same "$(image_says 'ls -A /d; ls -d /e 2>/dev/null')" ".dot inner plain " "⚠20"

# ⚠21 C07: the named source is followed, links inside are copied as links, absolute ones stay in the context.
ln -s tree alias && ln -s one tree/link && ln -s /tree/one rooted
dockerfile 'COPY alias /a' 'COPY tree/link /file' 'COPY rooted /rooted'
same "$(image_says 'readlink /a/link; cat /file /rooted; test -L /file && echo link')" "one 1 1 " "⚠21"

# ⚠22 C08, C09: the top directory's mode stays behind, that of a nested one comes along, also over an old one.
chmod 700 tree && chmod 750 tree/sub && touch -d '2004-05-06 UTC' tree
dockerfile 'RUN mkdir -p /old/sub && chmod 711 /old /old/sub' 'COPY tree /new' 'COPY tree /old/'
same "$(image_says 'stat -c %a /new /new/sub /old /old/sub')" "755 750 711 750 " "⚠22"

# ⚠23 C10: a tree that meets a link where it has a directory.
mkdir -p rootfs/bin2 && touch rootfs/bin2/x
dockerfile 'RUN mkdir /real && ln -s real /bin2' 'COPY rootfs /'
expect_exit 3 cairn build .
contains "$err" "cannot copy to non-directory: /bin2"
contains "$err" "/bin2 is a symlink to real"

# ⚠24 C12: root owns what the context gives, whatever USER says; a stage's files keep their owner.
cat >Dockerfile <<'END'
FROM base AS made
RUN touch /owned && chown 12:34 /owned
FROM base
USER ann
COPY data /context
COPY --from=made /owned /stage
COPY --chown=5 data /parents/made/file
END
same "$(image_says 'stat -c %u:%g /context /stage /parents /parents/made/file')" "0:0 12:34 5:5 5:5 " "⚠24"

# ⚠25 C14: a name brings its primary group, a number itself, an empty group 0; an unknown name is an error.
dockerfile 'COPY --chown=ann data /a' 'COPY --chown=77 data /b' 'COPY --chown=ann: data /c'
same "$(image_says 'stat -c %u:%g /a /b /c')" "1000:1000 77:77 1000:0 " "⚠25"
dockerfile 'COPY --chown=nobody-here data /a'
expect_exit 3 cairn build .
contains "$err" "unable to find user nobody-here"

# ⚠26 C04: several files onto one name leave the last, and that is told.
dockerfile 'COPY tree/one data /name'
same "$(image_says 'cat /name')" "$(cat data) " "⚠26"
contains "$err" "2 files were written onto /name one after the other, and only the last is left: data"
contains "$err" "/name/"
dockerfile 'COPY tree/one tree/sub/../sub/two /name'
same "$(image_says 'cat /name')" "2 " "⚠26"
contains "$err" "only the last is left: tree/sub/two, without tree/one; "

# ⚠28 D01: an archive is told by its content; members keep owners; a lone .gz is copied.
tar --owner=7 --group=8 -cf disguised.txt data && gzip -c data >lone.gz
dockerfile 'ADD disguised.txt lone.gz /x/' 'COPY disguised.txt /y'
same "$(image_says 'stat -c "%n %u:%g" /x/data; ls /x; test -f /y && echo kept')" "/x/data 7:8 data lone.gz kept " "⚠28"

# ⚠34 W02: WORKDIR joins, is made for the USER of the moment, and leaves what is there.
dockerfile 'RUN mkdir -m 711 /there' 'WORKDIR /there' 'USER ann' 'WORKDIR new/../deep' 'RUN pwd >/tmp/pwd'
same "$(image_says 'cat /tmp/pwd; stat -c "%a %u" /there /there/deep')" "/there/deep 711 0 755 1000 " "⚠34"

# ⚠35 W03: what is changed below a VOLUME later is kept.
dockerfile 'VOLUME /vol' 'RUN mkdir -p /vol && echo kept >/vol/f'
same "$(image_says 'cat /vol/f')" "kept " "⚠35"

# ⚠39 K06: touch is a hit, chmod a miss.
dockerfile 'COPY data /data' 'RUN true'
succeeds cairn build .
touch -d 2001-01-01 data
succeeds cairn build --progress=plain .
same "$(grep -c CACHED "$err")" 3 "⚠39: touched"
chmod 600 data
succeeds cairn build --progress=plain .
same "$(grep -c CACHED "$err")" 1 "⚠39: chmod"

# ⚠40: an image is a plain manifest.
succeeds cairn build -t trap -o "type=oci,tar=false,dest=$scratch/layout" .
same "$(jq -r '.manifests[].mediaType' "$scratch/layout/index.json")" \
  application/vnd.oci.image.manifest.v1+json "⚠40"

# I06: what no line asks for is not read, and may be unreadable.
if ! is_root; then
  mkdir closed && chmod 000 closed
  at_exit "chmod 700 '$scratch/context/closed'"
  succeeds cairn build .
fi
