#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The flags of COPY that choose and shape files: --exclude, --parents, --chmod, --link (C13, C17-C19).
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p a/b/c dir1 dir2 x/y
touch a/top.txt a/top.md a/b/mid.txt a/b/c/low.txt a/b/c/low.md dir1/one.txt dir1/one.md dir2/two.txt x/y/f
chmod 700 a/b && chmod 640 a/top.txt && chmod 750 a/b/c/low.txt

cat >Dockerfile <<'END'
FROM base AS files
COPY --exclude=*.txt a /top/
COPY --exclude=**/*.txt --exclude=!**/low.txt a /deep/
COPY --exclude=*.txt dir* /dirs/
COPY --exclude=top.txt a/top.txt /named
COPY --parents a/b/mid.txt x/y /parents/
COPY --parents a/./b/*.txt a/b/./c/ /pivot/
COPY --parents **/*.md ./x/y/f /stars/
COPY --parents none/*.txt /empty/
COPY --chmod=u=rwX,go=rX a /modes/
COPY --chmod=a-w,+x a/top.md /made/readable
RUN cd / && find top deep dirs named parents pivot stars empty | sort >/list
RUN stat -c '%n %a' /parents/a /parents/a/b /modes/b /modes/top.txt /modes/b/c/low.txt /made /made/readable >>/list
END
succeeds cairn build -t files .
cairn run files cat /list >"$out"
diff - "$out" <<'END' || fail "not what was to be copied"
deep
deep/b
deep/b/c
deep/b/c/low.md
deep/b/c/low.txt
deep/top.md
dirs
dirs/one.md
empty
named
parents
parents/a
parents/a/b
parents/a/b/mid.txt
parents/x
parents/x/y
parents/x/y/f
pivot
pivot/b
pivot/b/mid.txt
pivot/c
pivot/c/low.md
pivot/c/low.txt
stars
stars/a
stars/a/b
stars/a/b/c
stars/a/b/c/low.md
stars/a/top.md
stars/dir1
stars/dir1/one.md
stars/x
stars/x/y
stars/x/y/f
top
top/b
top/b/c
top/b/c/low.md
top/b/c/low.txt
top/b/mid.txt
top/top.md
/parents/a 755
/parents/a/b 700
/modes/b 755
/modes/top.txt 644
/modes/b/c/low.txt 755
/made 755
/made/readable 555
END
contains "$err" "none/*.txt"

# What is linked takes no notice of the root below: links there are not followed, metadata is its own.
cat >Dockerfile <<'END'
FROM base
RUN mkdir -p /real /kept && ln -s real /alias && echo old >/kept/old && chmod 700 /kept && chown 5:6 /kept
COPY --link a/top.md /alias/
COPY --link --chown=7:8 a/b/c /kept/
COPY --link --chmod=600 a/top.md /plain/
RUN test ! -L /alias && test -e /alias/top.md && test ! -e /real/top.md && test -e /kept/old
RUN stat -c '%n %a %u:%g' /kept /kept/low.md /plain/top.md >/stats
END
succeeds cairn build -t linked .
cairn run linked cat /stats >"$out"
contains "$out" "/kept 755 7:8"
contains "$out" "/kept/low.md 644 7:8"
contains "$out" "/plain/top.md 600 0:0"

printf 'FROM base\nCOPY --link --chown=ann a /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "use numbers"
printf 'FROM base\nCOPY --exclude=[ a /x\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "syntax error in pattern"
printf 'FROM base\nCOPY --parents a/none.txt /x/\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" '"/a/none.txt": not found'
