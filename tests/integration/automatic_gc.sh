#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A build keeps the store within its bounds: the oldest goes, what was just built stays.
. "$(dirname "$0")/lib.sh"
base_image
dockerfile() {
  printf 'FROM base AS fat\nRUN head -c 4000000 /dev/zero >/fat; echo %s >/number\n' "$1"
  printf 'FROM base\nCOPY --from=fat /number /\n'
}
build_number() {
  dockerfile "$1" >Dockerfile
  succeeds cairn build --progress=plain -t app .
}
is_known() { cairn du --format json | grep -q "echo $1 >/number"; }
age() {
  sqlite3 "$CAIRN_ROOT/cairn.db" 'UPDATE cache_records SET last_used = last_used - 100;
    UPDATE snapshots SET last_used = last_used - 100'
}
build_number 1
age
build_number 2
age
is_known 1 || fail "something went without need"
export CAIRN_GC_MAX_USED_SPACE=9m CAIRN_GC_MIN_FREE_SPACE=0 CAIRN_GC_RESERVED_SPACE=0
build_number 3
contains "$err" "the store was over its bounds"
is_known 3 || fail "what was just built is gone"
is_known 2 || fail "more went than had to"
! is_known 1 || fail "the oldest stayed"
same "$(cairn run app cat /number)" 3

# However small the bound, a build keeps what it made and found, whether or not that has a name.
export CAIRN_GC_MAX_USED_SPACE=1
dockerfile 4 >Dockerfile
succeeds cairn build -q .
id=$(cat "$out")
same "$(grep -v '^note: ' "$err")" ""
same "$(cairn run "$id" cat /number)" 4
is_known 4 || fail "what was just built is gone"
! is_known 2 || fail "what was not used stayed"

# One that finds all of it does not even look.
age
rows() { sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT key, last_used FROM cache_records; SELECT * FROM evictions'; }
before=$(rows)
same "$(cairn build -q .)" "$id"
same "$(rows)" "$before"

export CAIRN_GC=off
build_number 5
build_number 6
is_known 4 || fail "something went with CAIRN_GC=off"
expect_exit 2 cairn build --gc-min-free-space=much .
