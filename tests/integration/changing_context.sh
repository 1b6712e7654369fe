#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Files that somebody writes to while they are copied: a build reads them again or says so, and what it puts on
# record under a content is that content.
. "$(dirname "$0")/lib.sh"
have python3
printf 'FROM scratch\nCOPY dir /dir\n' >Dockerfile
mkdir dir
# More than a build digests before it copies (see solver/run_copy.cc).
for i in 1 2 3 4 5 6 7 8; do head -c 1200k /dev/zero | tr '\0' 0 >dir/$i; done

# Writes whole and half contents of one size over each other, as fast as it can, in place and by rename.
cat >"$scratch/writer.py" <<'END'
import itertools, os, random, sys, time
random.seed(int(sys.argv[1]))
for turn in itertools.count():
    time.sleep(random.random() * 0.03)
    name = "dir/%d" % random.randint(1, 8)
    text = random.choice("01234").encode() * 1228800
    if turn % 3 == 0:
        with open("../fresh", "wb") as file:
            file.write(text)
        os.rename("../fresh", name)
    else:
        with open(name, "r+b") as file:
            file.write(text[: len(text) // random.choice([1, 2])])
END
seed=${CAIRN_TEST_SEED:-$RANDOM}
echo "seed $seed"
python3 "$scratch/writer.py" "$seed" &
writer=$!
at_exit "kill $writer"
built=0 refused=0
for i in $(seq 12); do
  code=0
  # Every other one as if it were the first, which copies before it digests.
  first=
  [ $((i % 2)) = 0 ] || { rm -f "$CAIRN_ROOT"/contexts/*; first=--no-cache; }
  cairn build -q $first -t "seen:$i" . >"$out" 2>"$err" || code=$?
  case $code in
    0) built=$((built + 1)) ;;
    5) contains "$err" "files changed while they were copied"; contains "$err" "Dockerfile:2"; refused=$((refused + 1)) ;;
    *) cat "$err" >&2; fail "exit code $code" ;;
  esac
done
kill $writer; wait $writer 2>/dev/null || true
echo "$built built, $refused refused"

# Each content that may have been digested on the way is now what is here, and is what an image of it has.
sums() { (cd "$1" && sha256sum [1-8]); }
check() {
  cairn build -q -o "$scratch/tree" . >/dev/null || fail "a quiet build"
  same "$(sums "$scratch/tree/dir")" "$(sums dir)" "files of $1"
  rm -rf "$scratch/tree"
}
check "what was left"
for i in $(seq 12); do
  cairn inspect "seen:$i" >/dev/null 2>&1 || continue
  printf 'FROM seen:%s\n' "$i" >"$scratch/Seen"
  rm -rf dir
  cairn build -q -o . -f "$scratch/Seen" . >/dev/null
  check "build $i"
done
for text in 0 1 2 3 4; do
  for i in 1 2 3 4 5 6 7 8; do head -c 1200k /dev/zero | tr '\0' $text >dir/$i; done
  check "content $text"
done
check_store
