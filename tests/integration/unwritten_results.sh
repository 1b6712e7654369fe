#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A result that cannot be written to standard output is an error that says so, whatever command it is of. Who stops
# reading ends the command as any other program, without a word; progress that nobody takes fails no build.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nARG v=1\nMAINTAINER me\nRUN echo made >/made\n' >Dockerfile
cairn build -q -t app . >/dev/null
cairn save -o "$scratch/app.tar" app

# Every command that answers: a line each, with words that may be repeated.
commands=(
  'version' 'help' 'help build' 'help exit-codes' '--help' 'build --help'
  'images' 'images -q' 'images --format json' 'inspect app'
  'history app' 'history -q app' 'du' 'du --verbose' 'du --format json' 'buildx du' 'prune --dry-run -a'
  'prune -f --filter until=2000h' 'image prune -f' 'check --call=check,ignorestatus=true .' 'check .'
  'build --call=outline .' 'build --call=outline,format=json .' 'build --call=targets .'
  'build --call=targets,format=json .' 'build --call=subrequests.describe .' 'build --check .' 'build -q .'
  'build -q --no-cache .' 'debug ast Dockerfile' 'debug words word' "load -i $scratch/app.tar"
  "import $scratch/base.tar" 'save app' 'build -o - .' 'build -o type=oci,dest=/dev/stdout .'
  'build --iidfile /dev/stdout .' 'build --metadata-file /dev/fd/1 .'
)
# refused WHY CODE WORDS...: that the command ended so, with one line of an error that says what failed.
refused() {
  local why=$1 code=$2
  shift 2
  same "$code" 5 "the exit status of cairn $* ($why)"
  same "$(grep -c '^error: ' "$err")" 1 "errors of cairn $* ($why)"
  grep -q "^error: writing the result to standard output failed: $why\$" "$err" ||
    { cat "$err" >&2; fail "what cairn $* says"; }
  ! grep -q '^hint: ' "$err" || fail "a hint about the store, whose disk is not full"
}
# unread COMMAND...: runs it with a standard output whose reader is gone.
unread() {
  local code=0
  mkfifo "$scratch/gone"
  exec 3<>"$scratch/gone" 4>"$scratch/gone" 3<&-
  "$@" >&4 2>"$err" </dev/null 4>&- || code=$?
  exec 4>&-
  rm "$scratch/gone"
  return $code
}
for words in "${commands[@]}"; do
  code=0
  cairn $words >/dev/full 2>"$err" </dev/null || code=$?
  refused 'No space left on device' "$code" "$words"
  code=0
  cairn $words >&- 2>"$err" </dev/null || code=$?
  refused 'Bad file descriptor' "$code" "$words"
  code=0
  unread cairn $words || code=$?
  same "$code" 141 "the exit status of cairn $words that nobody reads"
  ! grep '^error: \|^hint: \|ERROR' "$err" || fail "cairn $words complains that nobody reads"
done
code=0
cairn images 1</dev/null 2>"$err" || code=$?
refused 'Bad file descriptor' "$code" "images on a descriptor to be read"
code=0
(trap '' PIPE; unread cairn images) || code=$?
same "$code" 141 "a list that nobody reads, from a parent that ignores SIGPIPE"

# The work is done all the same.
cairn tag app one && cairn tag app two
code=0
cairn rmi one nosuch two >/dev/full 2>"$err" || code=$?
same "$code" 5 "rmi that cannot say what it removed"
contains "$err" "writing the result to standard output failed"
same "$(cairn images -q one; cairn images -q two)" "" "names that rmi removed"
code=0
cairn build -q -t kept --no-cache . >/dev/full 2>"$err" || code=$?
same "$code" 5 "a build that cannot say its id"
cairn inspect kept >/dev/null

# What the command of `run` says is a result as well. A terminal is hung up when nobody reads it.
for terminal in '' -t; do
  code=0
  timeout -k 5 30 "$CAIRN" run $terminal app sh -c 'yes | head -n 100000' >/dev/full 2>"$err" </dev/null || code=$?
  refused 'No space left on device' "$code" "run $terminal"
  code=0
  unread timeout -k 5 30 "$CAIRN" run $terminal app sh -c 'yes | head -n 100000; exit 4' || code=$?
  [ "$code" != 0 ] && [ "$code" != 124 ] || fail "run $terminal that nobody reads ends with $code"
  ! grep '^error: ' "$err" || fail "run $terminal complains that nobody reads"
done
cairn run app true >/dev/full || fail "a command without output has none to lose"

# Progress is no result.
progress=(build --no-cache --progress=plain -t app .)
cairn "${progress[@]}" 2>/dev/full || fail "a build whose progress finds no room"
cairn "${progress[@]}" 2>&- || fail "a build whose progress goes nowhere"
cairn "${progress[@]}" 2> >(exec true) || fail "a build whose progress nobody reads"
cairn "${progress[@]}" >/dev/full 2>/dev/null || fail "a build that has no result to write"
echo y | cairn prune >/dev/null 2>/dev/full || fail "a question that finds no room"

command -v docker-registry >/dev/null || exit 0
start_registry
cairn tag app "$registry/app"
for words in "push $registry/app" "pull $registry/app" "pull -q $registry/app"; do
  code=0
  cairn $words >/dev/full 2>"$err" </dev/null || code=$?
  refused 'No space left on device' "$code" "$words"
done
