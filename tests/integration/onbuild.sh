#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The triggers of an ONBUILD base fire first in the build that stands on it, once, and with its context.
. "$(dirname "$0")/lib.sh"
base_image
mkdir parent child
cat >parent/Dockerfile <<'END'
FROM base
WORKDIR /app
ONBUILD COPY app.sh /app/
ONBUILD ARG GREETING=hello
ONBUILD RUN echo "$GREETING" >/greeting && chmod 755 app.sh
CMD ["/app/app.sh"]
END
succeeds cairn build -t parent parent
same "$(cairn inspect parent | jq -c '.[0].Config.OnBuild | length')" 3
expect_exit 1 cairn run parent ls /greeting

printf '#!/bin/sh\ncat /greeting\n' >child/app.sh
printf 'FROM parent\nRUN cat /greeting >/after\n' >child/Dockerfile
succeeds cairn build --progress=plain --build-arg GREETING=bonjour -t child child
contains "$err" ONBUILD
same "$(cairn run child)" bonjour
same "$(cairn run child cat /after)" bonjour
same "$(cairn inspect child | jq -c '.[0].Config.OnBuild // [] | length')" 0

printf 'FROM child\nRUN ls /greeting\n' >Dockerfile
succeeds cairn build --progress=plain .
lacks "$err" ONBUILD

rm child/app.sh
expect_exit 3 cairn build child
contains "$err" app.sh
contains "$err" "Dockerfile:1"
