#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every source file and header is as .clang-format writes it.  Usage: check_format.sh TOP
set -euo pipefail
cd "$1"
command -v clang-format-14 >/dev/null || { echo "clang-format-14 is not installed: scripts/deps --test"; exit 77; }
find src overlay sandbox scripts tests \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 clang-format-14 --dry-run -Werror
