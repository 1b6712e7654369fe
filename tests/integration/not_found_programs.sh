#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# E18: what an exit status means, and what is missing when a program that is there "was not found".
. "$(dirname "$0")/lib.sh"
base_image
printf '#!/usr/bin/python9\n' >script && chmod +x script
printf '#!/bin/sh\nexit 0\n' >closed && chmod -x closed
try() { printf 'FROM base\nCOPY script closed /app/\nENV PATH=/bin:/app\nWORKDIR /app\n%s\n' "$1" >Dockerfile; expect_exit 1 cairn build --progress=plain .; contains "$err" "Dockerfile:5"; }
try 'RUN ["/app/script"]'
contains "$err" "did not complete successfully: exit code: 127"
contains "$err" "/usr/bin/python9"
for command in /app/script ./script 'true && script >/dev/null'; do
  try "RUN $command"
  contains "$err" "/app/script is there, but /usr/bin/python9 that it needs to run is not in the image"
done
try 'RUN no-such-program'
contains "$err" "exit code: 127"
lacks "$err" "is there, but"
try 'RUN ["no-such-program"]'
contains "$err" 'executable file not found in $PATH'
contains "$err" "exit code: 127"
contains "$err" "PATH is /bin:/app"
try 'RUN ["/app/closed"]'
contains "$err" "exit code: 126"
contains "$err" "not executable"
try "RUN sh -c 'kill -KILL \$\$'; exit \$?"
contains "$err" "exit code: 137: killed by SIGKILL (out of memory"
try 'RUN kill -TERM $$; exit 143'
contains "$err" "exit code: 143: killed by SIGTERM"
