#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# On a terminal, which has shown six lines of it, a failed step's log is printed whole: its last thousand lines, and
# where the rest is kept. A log that was printed already is not printed again but for its last ten lines.
. "$(dirname "$0")/lib.sh"
have script
base_image
printf 'FROM base\nARG n\nRUN for i in $(seq $n); do echo "line $i"; done; exit 2\n' >Dockerfile
build() { script -qec "TERM=xterm $CAIRN build --no-cache --progress=$1 --build-arg n=$2 ." "$scratch/typescript" </dev/null | tr -d "\r" >"$out" || true; }
for mode in tty quiet; do
  build $mode 300
  same "$(grep -c '^line ' "$out")" 300 "lines in $mode"
  lacks "$out" "left out"
  [ ! -e "$CAIRN_ROOT/logs" ] || fail "a log that fits is kept in a file"
done
build tty 20000
same "$(grep -c '^line ' "$out")" 1000
contains "$out" "line 20000"
contains "$out" "(19000 earlier lines are left out; the whole log is $CAIRN_ROOT/logs/step-"
kept=$(sed -n 's/.*the whole log is \(.*\))/\1/p' "$out")
same "$(sha256sum <"$kept")" "$(for i in $(seq 20000); do echo "line $i"; done | sha256sum)"
same "$(stat -c %a "$kept")" 600
build plain 300
same "$(grep -c '^line ' "$out")" 10
# The tenth newest stays, and a log of a step that succeeds does not.
for _ in $(seq 11); do build quiet 1001; done
same "$(ls "$CAIRN_ROOT/logs" | wc -l)" 10
printf 'FROM base\nRUN seq 5000\n' >Dockerfile
build quiet 1
same "$(ls "$CAIRN_ROOT/logs" | wc -l)" 10
check_store
