#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The host's cairn cannot be executed in a step, and nothing of its file changes (CVE-2019-5736): by an
# interpreter line, by a script that its user may execute and not read, by one that is swapped meanwhile.
. "$(dirname "$0")/lib.sh"
attacker_image
before=$(own_program)
for command in /secret /script /proc/self/exe /proc/1/exe; do
  for user in 1000 0; do
    printf 'FROM attacker\nUSER %s\nRUN ["%s"]\n' "$user" "$command" >Dockerfile
    expect_exit 1 cairn build --progress=plain .
    lacks "$err" "the host's program runs here"
    contains "$err" "Permission denied"
  done
done
# Insecure steps have nothing more of it.
printf 'FROM attacker\nRUN --security=insecure ["/secret"]\n' >Dockerfile
expect_exit 1 cairn build --allow security.insecure --progress=plain .
lacks "$err" "the host's program runs here"

mkdir -m 777 shared
(while [ -d shared ]; do for file in good script; do cp -p "$file" shared/new 2>/dev/null; mv -f shared/new shared/race 2>/dev/null; done; done) &
at_exit "kill $!"
for _ in $(seq 30); do
  cairn run -v "$PWD/shared:/shared" attacker /shared/race >>"$scratch/raced" 2>&1 || true
done
lacks "$scratch/raced" "the host's program runs here"
same "$(own_program)" "$before" "the host's program"

# A program that has been replaced while it runs has no path to be mounted by.
cp "$CAIRN" "$scratch/replaced"
printf 'FROM attacker\nUSER 1000\nRUN ["/secret"]\n' >Dockerfile
(exec 9<"$scratch/replaced" && rm "$scratch/replaced" && exec /proc/self/fd/9 build --progress=plain .) 2>"$err" && fail "it ran"
lacks "$err" "the host's program runs here"
contains "$err" "Permission denied"
