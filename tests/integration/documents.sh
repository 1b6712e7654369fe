#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `cairn help` lists commands and topics, and prints each; what README.md and the pages of the manual say of
# commands, flags and files is there.
source=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"
have python3

# Every name that is listed, and no file beside the list.
succeeds cairn help
cp "$out" "$scratch/help"
# listed HEADING: the names below it.
listed() { awk -v heading="$1:" '$0 == heading {on = 1; next} !NF {on = 0} on {print $1}' "$scratch/help"; }
listed Commands | grep -qx build || fail "no command build in the list"
for command in $(listed Commands); do
  succeeds cairn help "$command"
  contains "$out" "Usage: cairn $command"
done
for topic in $(listed Topics); do
  succeeds cairn help "$topic"
  head -1 "$out" | grep -q "^${topic^^}: " || fail "cairn help $topic begins with $(head -1 "$out")"
  [ "$(wc -l <"$out")" -gt 15 ] || fail "cairn help $topic is short"
done
same "$(listed Topics | sort)" "$(cd "$source/src/cli/manual" && ls ./*.md | sed 's,^\./,,; s,\.md$,,' | sort)" "topics and files"
succeeds cairn --help
cmp "$out" "$scratch/help" || fail "cairn --help is not cairn help"
succeeds cairn help builder prune
contains "$out" "Usage: cairn builder prune"

# A name that is none.
expect_exit 2 cairn help disc
contains "$err" "did you mean disk?"
expect_exit 2 cairn help xyzzy
contains "$err" "no command or topic \"xyzzy\""
expect_exit 2 cairn help builder disk

# No escape sequences where nobody draws them.
cairn help disk | grep -q $'\x1b' && fail "escape sequences in a pipe"

python3 "$here/documents.py" "$CAIRN" "$source/README.md" "$source"/.github/*.md "$source"/src/cli/manual/*.md ||
  fail "documents are wrong"
# The check itself sees what is wrong.
cat >wrong.md <<'END'
[lost](lost.md)
```console
$ cairn biuld .
$ docker run x cairn build --no-such-flag=1 . | cairn load -z
$ cairn run -it app ls --all   # --no-flag
```
END
expect_exit 1 python3 "$here/documents.py" "$CAIRN" "$PWD/wrong.md"
same "$(sed 's/.*md: //' "$out" | tr '\n' '|')" "no such file: lost.md|no such command: cairn biuld .|no such flag: --no-such-flag in: cairn build --no-such-flag=1 .|no such flag: -z in: cairn load -z|"
