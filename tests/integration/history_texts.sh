#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# history shows what BuildKit would have written for each line, and which of them are layers.
. "$(dirname "$0")/lib.sh"
base_image
touch file
cat >Dockerfile <<'END'
FROM base
ARG foo=bar
ENV A=b C="d e"
RUN ls / >/dev/null
COPY --chown=1:2 --chmod=600 file /x/
COPY <<END2 /heredoc
text
END2
ADD file /y
WORKDIR /w
WORKDIR /
USER ann
LABEL k=v
EXPOSE 2375 1234/udp
VOLUME /a /b
STOPSIGNAL SIGTERM
HEALTHCHECK CMD true
SHELL ["/bin/busybox", "sh", "-c"]
ENTRYPOINT ["/bin/sh", "-c"]
CMD echo hi
END
cairn build -q -t app . >/dev/null
cat >"$scratch/expected" <<'END'
ARG foo=bar
ENV A=b C=d e
RUN |1 foo=bar /bin/sh -c ls / >/dev/null # buildkit
COPY --chown=1:2 --chmod=600 file /x/ # buildkit
COPY <<END2 /heredoc # buildkit
ADD file /y # buildkit
WORKDIR /w
WORKDIR /
USER ann
LABEL k=v
EXPOSE [1234/udp 2375/tcp]
VOLUME [/a /b]
STOPSIGNAL SIGTERM
HEALTHCHECK {Test:[CMD-SHELL true] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}
SHELL [/bin/busybox sh -c]
ENTRYPOINT ["/bin/sh" "-c"]
CMD ["/bin/busybox" "sh" "-c" "echo hi"]
END
config() { cat "$CAIRN_ROOT/oci/blobs/sha256/$(image_id app | cut -d: -f2)"; }
config | jq -r '.history[1:][].created_by' >"$scratch/texts"
diff "$scratch/expected" "$scratch/texts" || fail "history texts"
same "$(config | jq -r '.history[1:][] | select(.empty_layer != true).created_by | split(" ")[0]' | tr '\n' ' ')" \
  "RUN COPY COPY ADD WORKDIR "
same "$(config | jq -r '[.history[1:][].comment] | unique[]')" buildkit.dockerfile.v0
same "$(config | jq '[.history[] | select(.empty_layer != true)] | length')" "$(layers app | wc -l)" "layers and history"

succeeds cairn history app
head -1 "$out" | grep -qE '^IMAGE +CREATED +CREATED BY +SIZE +COMMENT$' || fail "columns of history"
same "$(wc -l <"$out")" 19 "lines of history"
succeeds cairn history --no-trunc app
contains "$out" "RUN |1 foo=bar /bin/sh -c ls / >/dev/null # buildkit"
