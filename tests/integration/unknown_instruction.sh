#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A typo in an instruction or a flag names its line and what was probably meant, before anything runs.
. "$(dirname "$0")/lib.sh"
base_image

printf 'FROM base\nRUN echo ran\n\nCOPPY a b\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "unknown instruction: COPPY"
contains "$err" "did you mean COPY"
contains "$err" "Dockerfile:4"
contains "$err" "4 | >>> COPPY a b"
lacks "$err" "RUN echo ran:"

printf 'FROM base\nCOPY --chwon=1 a b\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "chown"
contains "$err" "Dockerfile:2"

printf 'FROM base\nRUN <<END\necho open\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "unterminated heredoc"
contains "$err" "Dockerfile:2"

