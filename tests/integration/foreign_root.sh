#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A directory that is somebody's is no store, whatever command names it: it is refused in one sentence and
# nothing in it changes. In a store, only what cairn made is removed, and no link is followed.
. "$(dirname "$0")/lib.sh"
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
mkdir -p "$scratch/home/tmp/thesis" "$scratch/victim"
echo draft >"$scratch/home/tmp/thesis/draft"
echo precious >"$scratch/victim/tmp-abcdef"
mkdir "$scratch/shared"
ln -s "$scratch/victim" "$scratch/shared/tmp"
mkdir "$scratch/odd" && touch "$scratch/odd/cairn.db"
state() { find "$scratch"/{home,victim,shared,odd} -printf '%p %m %s %T@ %l\n' | sort; }
state >"$scratch/before"
for root in home shared odd; do
  for command in images "build ." "prune -f" "du" "import $scratch/none x" "rmi x"; do
    expect_exit 2 cairn --root "$scratch/$root" $command
    contains "$err" "$scratch/$root is neither empty nor a store of cairn"
    same "$(grep -c '^error:' "$err")" 1 "sentences"
  done
done
state | cmp - "$scratch/before" || { state | diff "$scratch/before" -; fail "something changed"; }

# In a store: names that are not cairn's stay, leftovers of an older cairn and of the dead go.
succeeds cairn images
mkdir -p "$CAIRN_ROOT/tmp/thesis" "$CAIRN_ROOT/tmp/step-abcdef/fs" "$CAIRN_ROOT/tmp/work-abcdef/layer-x"
ln -s "$scratch/victim" "$CAIRN_ROOT/tmp/trash-abcdef"
ln -s "$scratch/victim" "$CAIRN_ROOT/tmp/step-abcdef/fs/link"
succeeds cairn images
same "$(ls "$CAIRN_ROOT/tmp")" thesis "in tmp/"
same "$(cat "$scratch/victim/tmp-abcdef")" precious
# A store whose tmp/ has become a link is refused.
mv "$CAIRN_ROOT/tmp" "$scratch/moved" && ln -s "$scratch/victim" "$CAIRN_ROOT/tmp"
expect_exit 5 cairn images
contains "$err" "$CAIRN_ROOT/tmp is no plain part of a store"
same "$(cat "$scratch/victim/tmp-abcdef")" precious

# What is no directory keeps its mode, by a link too.
echo a >"$scratch/file" && chmod 644 "$scratch/file" && ln -s file "$scratch/link"
mkfifo -m 666 "$scratch/fifo"
for root in file link fifo; do
  expect_exit 5 cairn --root "$scratch/$root" images
  contains "$err" "Not a directory"
done
same "$(stat -c %a "$scratch/file" "$scratch/fifo" | tr '\n' ' ')" "644 666 "
# Whoever owns the directory could change what root makes in it, a set-user-id program say.
if is_root; then
  mkdir "$scratch/theirs" && chown 4711 "$scratch/theirs"
  expect_exit 2 cairn --root "$scratch/theirs" images
  contains "$err" "$scratch/theirs belongs to uid 4711"
  same "$(ls -A "$scratch/theirs")" ""
fi
