#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What only looks works on a store that lies on a read-only filesystem, and leaves nothing there.
. "$(dirname "$0")/lib.sh"
store_on_tmpfs 64m
base_image
printf 'FROM base\nRUN --mount=type=cache,target=/cache echo hello >/hello\n' >Dockerfile
succeeds cairn build -q -t app .
succeeds cairn save -o "$scratch/first.tar" app
# What they tell of ages changes from second to second.
look() {
  { cairn images --no-trunc && cairn history app && cairn inspect app && cairn du; } |
    sed -E 's/(Less than a|[0-9]+) seconds? ago/just now/; s/ +/ /g'
}
look >"$scratch/before"
tree() { find "$CAIRN_ROOT" -printf '%P %m %s %T@\n' | sort; }
tree >"$scratch/tree"

mount -o remount,ro "$CAIRN_ROOT"
look >"$scratch/after" 2>"$err" || { cat "$err"; fail "looking at a store on a read-only filesystem"; }
cmp "$scratch/before" "$scratch/after" || { diff "$scratch/before" "$scratch/after"; fail "they differ"; }
succeeds cairn save -o "$scratch/second.tar" app
cmp "$scratch/first.tar" "$scratch/second.tar" || fail "the archives differ"
for command in "tag app other" "rmi app" "prune -f" "build ." "load -i $scratch/first.tar"; do
  expect_exit 5 cairn $command
  contains "$err" "Read-only file system"
  contains "$err" "$CAIRN_ROOT"
done
tree | cmp - "$scratch/tree" || fail "something changed"

# What is in SQLite's log alone would not be seen: that is said, and no old list is shown.
mount -o remount,rw "$CAIRN_ROOT"
echo x >"$CAIRN_ROOT/cairn.db-wal"
mount -o remount,ro "$CAIRN_ROOT"
expect_exit 5 cairn images
contains "$err" "changes in its log"
