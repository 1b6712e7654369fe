#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# With one id, an image with other owners is refused, with the way to ids; one without them is built; and
# --ignore-owners builds all, says what was lost, and lends none of it to those who did not ask for that.
. "$(dirname "$0")/lib.sh"
base_rootfs "$scratch/base"
tar -C "$scratch/base" --owner=0 --group=0 --numeric-owner -cf "$scratch/plain.tar" .
echo secret >"$scratch/base/etc/shadow"
tar -C "$scratch/base" --owner=0 --group=0 --numeric-owner --exclude=./etc/shadow -cf "$scratch/owned.tar" .
tar -C "$scratch/base" --owner=0 --group=42 --numeric-owner -rf "$scratch/owned.tar" ./etc/shadow
unshare -Ur true 2>/dev/null || skip "user namespaces cannot be made here"
one() { unshare -Ur "$CAIRN" "$@"; }
one import "$scratch/plain.tar" plain >/dev/null
one import "$scratch/owned.tar" owned >/dev/null
refused() {
  expect_exit 5 one "$@"
  contains "$err" "$reason"
  contains "$err" "hint: "
  contains "$err" "--ignore-owners"
}

printf 'FROM plain\nCOPY Dockerfile /f\nWORKDIR /w\nRUN echo >>/etc/passwd\n' >Dockerfile
succeeds one build -t mine .
printf 'FROM owned\nRUN echo >>/etc/shadow\n' >Dockerfile
reason='there is no gid 42 here, gids are 0 alone'
refused build .
contains "$err" "/etc/shadow to 0:42"
refused run owned true
succeeds one build --ignore-owners -t lossy .
contains "$err" "are root's now (--ignore-owners)"
grep -qE '[1-9][0-9]* files of .*owned' "$err" || fail "the warning does not count"
succeeds one run --ignore-owners lossy true
printf 'FROM lossy\nRUN true\n' >on-lossy
expect_exit 5 one build -f on-lossy .
contains "$err" "was built with --ignore-owners"
succeeds one save -o "$scratch/lossy.tar" lossy
expect_exit 5 one build -f on-lossy .
refused build .
refused run owned true
printf 'FROM owned AS o\nFROM plain\nCOPY --from=o /etc/shadow /s\n' >Dockerfile
succeeds one build --ignore-owners .
refused build .

reason='there is no uid 12 here, uids are 0 alone'
printf 'FROM plain\nCOPY --chown=12:34 Dockerfile /f\n' >Dockerfile
refused build .
contains "$err" "/f to 12:34"
contains "$err" "Dockerfile:2"
succeeds one build --ignore-owners -t chowned .
contains "$err" "12:34"
same "$(one run --ignore-owners chowned stat -c %u:%g /f)" 0:0
refused build .
printf 'FROM plain\nUSER 12\nWORKDIR /w\n' >Dockerfile
refused build .
contains "$err" "/w to 12:12"
tar -C "$scratch/base/etc" --owner=12 --group=34 -cf own.tar shadow
printf 'FROM plain\nADD own.tar /a\n' >Dockerfile
refused build .
contains "$err" "/shadow to 12:34"
