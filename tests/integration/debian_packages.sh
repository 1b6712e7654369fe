#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# apt-get in a Debian base installs a compiler, which then compiles: users, setgid, chown and locks at work.
. "$(dirname "$0")/lib.sh"
have mmdebstrap
# Made of the host's own Debian archive; where that is out of reach there is nothing to try.
CAIRN="$CAIRN" "$here/../../scripts/base-images" debian >"$out" 2>"$err" || {
  grep -qiE 'resolve|connect|fetch|timed out|unreachable|knows no Debian' "$out" "$err" && skip "no Debian archive in reach"
  cat "$out" "$err" >&2
  fail "scripts/base-images debian"
}
cat >Dockerfile <<'END'
FROM localhost/debian
RUN apt-get update && apt-get install -y gcc
RUN printf 'int main(void) { return 42; }\n' >/x.c && gcc -o /x /x.c; /x; test $? = 42
RUN useradd --create-home someone && su someone -c 'touch ~/file' && stat -c %U /home/someone/file >/owner
END
succeeds cairn build --progress=plain -t compiler .
contains "$err" "Setting up gcc"
same "$(cairn run compiler cat /owner)" someone
