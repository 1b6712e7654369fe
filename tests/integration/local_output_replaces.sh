#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# type=local onto what is there: an entry takes the place of an entry, whatever that is, and nothing is
# followed, written through, or seen half written.
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p files/dir/sub files/over && echo new >files/file && echo new >files/linked && echo new >files/dir/f
echo new >files/was-dir && echo new >files/pipe && ln files/file files/hard && ln -s file files/link && echo x >files/over/f
printf 'FROM scratch\nCOPY files /\n' >Dockerfile
dest=$scratch/dest victim=$scratch/victim
mkdir -p "$dest/was-dir/full" "$victim/dir" && echo precious >"$victim/file" && echo kept >"$dest/kept"
ln -s "$victim/file" "$dest/linked" && ln -s "$victim/dir" "$dest/dir" && ln -s "$victim/dir" "$dest/over"
mkfifo "$dest/pipe" && echo old >"$dest/file" && echo old >"$dest/link"
exec 3<"$dest/file"
succeeds timeout 60 "$CAIRN" build -o "$dest" .
same "$(cat "$victim/file")" precious "what a link led to"
same "$(ls -A "$victim/dir")" "" "what a link to a directory led to"
same "$(cat <&3)" old "a file that somebody reads"
for name in file linked was-dir pipe dir/f hard link; do same "$(cat "$dest/$name")" new "$name"; done
[ -L "$dest/link" ] && [ ! -L "$dest/linked" ] && [ ! -L "$dest/dir" ] || fail "kinds: $(ls -l "$dest")"
same "$(stat -c %h "$dest/file")" 2
same "$(cat "$dest/kept")" kept
# The same once more, onto itself.
succeeds cairn build -o "$dest" .
same "$(stat -c %h "$dest/file") $(cat "$dest/hard")" "2 new"
same "$(find "$dest" -name '.cairn-*')" "" "left beside"
