#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Text of a Dockerfile, a step, an archive, an image or a server reaches no terminal with characters that it obeys,
# and none of it without a bound; colours of a step stay where the terminal has them.
. "$(dirname "$0")/lib.sh"
have script
base_image
# clean FILE [whole]: nothing that moves a cursor, sets a title or turns text around; lines of a bounded length, but
# for whole values.
clean() {
  same "$(tr -d '\n\t -~\200-\377' <"$1" | wc -c)" 0 "control characters in $(cat -v "$1" | cut -c1-600)"
  ! LC_ALL=C grep -q $'\xc2[\x80-\x9f]\|\xe2\x80\xae' "$1" || fail "C1 or bidi controls in $1"
  [ -n "${2:-}" ] || [ "$(wc -L <"$1")" -lt 2000 ] || fail "a line of $(wc -L <"$1") columns"
}
evil=$'\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae'

printf 'FROM base\nLABEL a="%s"\nRUN : "%s"; true %s\nRUN printf "\\033[31mred\\033[0m\\033[2J\\033]0;t\\007 end\\n10%%%%\\r90%%%%\\n"; exit 3\n' \
  "$evil" "$evil" "$(head -c 30000 /dev/zero | tr '\0' x)" >Dockerfile
expect_exit 1 cairn build --progress=plain .
clean "$err"
contains "$err" '\x1b]0;owned\x07'
contains "$err" "red end"
grep -Eq '^#[0-9]+ [0-9.]+ 90%$' "$err" || fail "what a carriage return wrote over is left"
# On a terminal that has colours they stay, and end with their line. Its own drawing is told by its letters.
on_terminal() { script -qec "$*" "$scratch/typescript" >"$out" </dev/null || true; }
on_terminal env TERM=xterm "$CAIRN" build --no-cache --progress=plain .
grep -q $'\x1b\\[31mred\x1b\\[0m end' "$out" || fail "no colour on a terminal: $(cat -v "$out")"
! grep -q $'\x1b\\[2J\\|\x1b]' "$out" || fail "the step cleared the screen"
for plain in NO_COLOR=1 TERM=dumb; do
  on_terminal env TERM=xterm $plain "$CAIRN" build --no-cache --progress=plain .
  tr -d '\r' <"$out" >"$scratch/plain"
  clean "$scratch/plain"
done
on_terminal env TERM=xterm "$CAIRN" build --no-cache --progress=tty .
! grep -q $'\x1b\\[2J\\|\x1b]0' "$out" || fail "a title was set: $(cat -v "$out" | head -c 2000)"

# Errors, checks and answers that quote the Dockerfile.
printf 'FROM base\nRUNN %s\n' "$evil" >Dockerfile
expect_exit 3 cairn build .
clean "$err"
printf 'FROM base AS x\nARG v="%s"\nENV k %s\nCMD echo\nEXPOSE 1/%s\n' "$evil" "$evil" "$evil" >Dockerfile
for call in check outline targets; do
  cairn build --call "$call" . >"$out" 2>"$err" || true
  clean "$out"; clean "$err"
  cairn build --call "$call,format=json" . >"$out" 2>"$err" || true
  clean "$out" whole
done
# What is for programs keeps its bytes, but not on a terminal.
printf 'FROM base\n%sFOO x\n' $'\x1b[31m\xe2\x80\xae' >Dockerfile
cairn debug ast Dockerfile >"$out"
same "$(cat "$out")" "$(printf '(from "base")\n(%sfoo "")' $'\x1b[31m\xe2\x80\xae')" "a redirected tree"
cairn debug words "$evil" >"$out"
same "$(cat "$out")" "$evil" "redirected words"
for words in 'debug ast Dockerfile' "debug words '$evil'"; do
  script -qec "'$CAIRN' $words" "$scratch/typescript" </dev/null | tr -d '\r' >"$out"
  clean "$out"
  contains "$out" '\x1b'
done
# An image that carries it.
printf 'FROM scratch\nLABEL a="%s"\nENV e="%s"\nCMD ["%s"]\nCOPY Dockerfile /\n' "$evil" "$evil" >Dockerfile
cairn build -q -t evil . >/dev/null
for command in "inspect evil" "history --no-trunc evil" "history evil" "images" "du --verbose" "du --format json"; do
  cairn $command >"$out" 2>"$err" || fail "cairn $command"
  [ "$command" != "history --no-trunc evil" ] || contains "$out" '\x1b]0;owned'
  case $command in *json | inspect*) clean "$out" whole ;; *) clean "$out" ;; esac
done
same "$(cairn inspect evil | jq -r '.[0].Config.Labels.a')" "$evil" "the value itself"

# Names and messages of archives.
mkdir tree
printf x >"tree/$evil"
ln "tree/$evil" tree/b
tar -C tree -cf bad.tar . && head -c 2100 bad.tar >cut.tar
printf 'FROM scratch\nADD cut.tar /\n' >Dockerfile
cairn build . >"$out" 2>"$err" || true
clean "$err"
cairn load -i bad.tar >"$out" 2>"$err" && fail "loaded"
clean "$err"
