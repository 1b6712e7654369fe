#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Heredocs: scripts for RUN, with a shell of their own or not, and files for COPY.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base
ARG name=world
RUN <<EOT
echo "first $name" >/one
echo second >>/one
EOT
RUN <<EOT
#!/bin/awk -f
BEGIN { print "awk" >"/two" }
EOT
RUN cat <<A >/three && cat <<B >>/three
a $((1 + 1))
A
b
B
RUN <<-EOT sh -e
	echo tabs >/four
	EOT
COPY <<EOT <<'RAW' /files/
hello "$name" \$x
EOT
hello $name
RAW
COPY --chmod=755 --chown=ann <<EOT /script
#!/bin/sh
id -un
EOT
END
succeeds cairn build -t docs .
look() { cairn run docs sh -c "$1" | tr '\n' ' '; }
same "$(look 'cat /one /two /three /four')" "first world second awk a 2 b tabs "
same "$(look 'cat /files/EOT /files/RAW; stat -c %a /files/EOT')" 'hello "world" $x hello $name 644 '
same "$(look 'stat -c "%a %U" /script; ls /dev/pipes 2>/dev/null')" "755 ann "
succeeds cairn build --progress=plain --build-arg name=you .
same "$(grep -c CACHED "$err")" 1
