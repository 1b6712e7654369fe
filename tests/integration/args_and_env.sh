#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ARG and ENV: scopes, defaults, order, operators, and what a step sees of them.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
ARG BASE=base
ARG GLOBAL=global
FROM $BASE AS parent
ARG INHERITED=arg
ENV PARENT=env
FROM parent
ARG GLOBAL
ARG LOCAL=local
ARG UNSET
ARG EMPTY=
ENV A=1
ENV X=keep-x
ENV A=2 B=$A C="${LOCAL}-x" D=${UNSET:-default} E=${EMPTY:+set} F=${X%-x} G=\$A
ARG A=3
RUN echo "$GLOBAL $LOCAL ${UNSET-unset} ${EMPTY-unset}. $A $B $C $D $E. $F $G $INHERITED $PARENT" >/seen
WORKDIR /${LOCAL}
LABEL where="$LOCAL/$GLOBAL"
RUN --mount=type=cache,target=/c-${LOCAL} ls -d /c-* >/mounted
ENV PATH=/opt/bin:$PATH
END
succeeds cairn build -t vars .
same "$(cairn run vars cat /seen)" 'global local unset . 3 1 local-x default . keep $A arg env'
same "$(cairn run vars pwd) $(cairn run vars cat /mounted)" "/local /c-local"
same "$(cairn run vars sh -c 'echo $A $LOCAL. $PATH')" "2 . /opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
same "$(cairn inspect vars | jq -r '.[0].Config.Labels.where')" local/global

# Values from outside; one that nothing takes is said to be unused, with what was probably meant.
UNSET=from-caller succeeds cairn build --build-arg GLOBAL=given --build-arg UNSET --build-arg LOCLA=x -t vars .
contains "$err" LOCLA
contains "$err" LOCAL
same "$(cairn run vars cat /seen | cut -d' ' -f1-3)" "given local from-caller"
succeeds cairn build --build-arg http_proxy=http://nowhere:1 --progress=plain --build-arg GLOBAL=given --build-arg UNSET=from-caller .
same "$(grep -A1 'RUN echo' "$err" | grep -c CACHED)" 1 "a proxy in the key"

printf 'FROM base\nARG MUST\nENV X=${MUST:?is needed here}\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "is needed here"
contains "$err" "Dockerfile:3"
printf 'ARG NOTHING\nFROM $NOTHING\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "should not be blank"
