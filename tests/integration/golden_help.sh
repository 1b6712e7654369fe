#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `cairn help` and `cairn COMMAND --help` of every command, as one text: tests/data/cli/help.txt. A new option
# shows in its diff as users will read it.
expected=$(realpath "$(dirname "$0")/../data/cli/help.txt")
. "$(dirname "$0")/lib.sh"

# help_of WORD...: the page under a line that says how it was asked for.
help_of() {
  succeeds cairn "$@"
  printf '\n$ cairn %s\n' "$*"
  cat "$out"
}
# listed FILE HEADING: the first words of the lines below it.
listed() { awk -v heading="$2:" '$0 == heading {on = 1; next} !NF {on = 0} on {print $1}' "$1"; }
{
  help_of help
  cp "$out" "$scratch/all"
  for command in $(listed "$scratch/all" Commands); do
    help_of "$command" --help
    cp "$out" "$scratch/one"
    for below in $(listed "$scratch/one" Subcommands); do help_of "$command" "$below" --help; done
  done
} >"$scratch/actual"
[ "$(grep -c '^\$ cairn' "$scratch/actual")" -gt 10 ] || fail "cairn help lists too few commands"
golden "$expected" "$scratch/actual"
