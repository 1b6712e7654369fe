#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/bench measures, keeps records, and makes its table of them again.
. "$(dirname "$0")/lib.sh"
have python3
have g++

bench=$public/scripts/bench results=$scratch/results.jsonl
measure() { CAIRN=$CAIRN "$bench" --dir "$scratch/bench" --quick --reps 1 --peers none "$@"; }

succeeds measure --results "$results" steps noop
contains "$out" '20 x `RUN true`, cold'
contains "$out" 'cairn / floor'
for row in steps noop; do
  same "$(jq -r "select(.type == \"sample\" and .row == \"$row\") | .who" "$results" | xargs)" 'floor cairn' "$row"
done
same "$(jq -s 'map(select(.type == "sample" and (.wall <= 0 or .rss_mib <= 0))) | length' "$results")" 0
cp "$out" "$scratch/table"
succeeds "$bench" --table "$results"
cmp "$scratch/table" "$out"

expect_exit 1 measure no-such-row
contains "$err" 'no row is called no-such-row'
