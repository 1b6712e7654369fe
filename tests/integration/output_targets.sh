#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every output that is one file: devices, FIFOs, descriptors and links in its place stay what they are, a regular
# file is replaced where it lies, modes follow the umask, and what cannot be written is said before the build.
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\nRUN echo the-step-ran\n' >Dockerfile
cairn build -q -t app . >/dev/null
t=$scratch/targets
mkdir "$t"
# out HOW TARGET: one output of each kind.
out() {
  case $1 in
    save) cairn save -o "$2" app ;;
    iidfile | metadata-file) cairn build -q "--$1" "$2" . ;;
    *) cairn build -q -o "type=$1,dest=$2" . ;;
  esac
}
for how in save iidfile metadata-file oci docker tar; do
  rm -rf "${t:?}"/*
  mkdir "$t/real"
  # A link is followed, also one to nothing; what it names is replaced in its own directory.
  echo old >"$t/real/old"
  ln -s real/old "$t/link"
  ln -s "$t/real/new" "$t/dangling"
  for name in link dangling; do succeeds out "$how" "$t/$name"; done
  [ -L "$t/link" ] && [ -L "$t/dangling" ] || fail "$how: a link was replaced"
  [ "$(head -c 3 "$t/real/old" | tr -d "\0")" != old ] && [ -s "$t/real/new" ] || fail "$how: what a link names was not written"
  same "$(ls -A "$t/real" | tr '\n' ' ')" "new old " "$how: files beside the target"
  # A FIFO and a descriptor are written into: their reader gets what a file gets.
  mkfifo "$t/fifo"
  cat "$t/fifo" >"$t/read" &
  succeeds out "$how" "$t/fifo"
  wait $!
  [ -p "$t/fifo" ] && cmp "$t/read" "$t/real/new" || fail "$how: a FIFO"
  out "$how" /dev/stdout >"$t/stdout" 2>"$err" </dev/null || fail "$how: /dev/stdout"
  head -c "$(stat -c %s "$t/real/new")" "$t/stdout" | cmp - "$t/real/new" || fail "$how: /dev/stdout"
  out "$how" >(cat >"$t/process") >/dev/null 2>"$err" </dev/null || fail "$how: >(command)"
  wait_until cmp -s "$t/process" "$t/real/new" || fail "$how: >(command)"
  if is_root && mknod -m 666 "$t/null" c 1 3 && true >"$t/null"; then
    succeeds out "$how" "$t/null"
    [ -c "$t/null" ] || fail "$how: the device node was replaced"
  fi
  # Modes: archives are nobody else's, the others as the umask says.
  for mask in 022 077 000; do
    (umask $mask && succeeds out "$how" "$t/mode-$mask")
    case $how-$mask in *-file-077 | iidfile-077) wanted=600 ;; iidfile-* | *-file-022) wanted=644 ;; *-file-000) wanted=644 ;; *) wanted=600 ;; esac
    same "$(stat -c %a "$t/mode-$mask")" "$wanted" "$how with umask $mask"
  done
  # Before any step: a directory that is not there, or one in place of a file.
  for bad in "$t/none/x" "$t/real"; do
    expect_exit 2 out "$how" "$bad"
    contains "$err" "cannot write $bad"
  done
done
never() { expect_exit 2 cairn build --no-cache --progress=plain "$@" .; lacks "$err" the-step-ran; }
never -o "type=oci,dest=$t/none/x"
never -o "type=local,dest=Dockerfile"
never -o "type=oci,tar=false,dest=/dev/null"
never -o - -o type=oci,dest=/dev/stdout
contains "$err" "multiple outputs configured to write to stdout"
never -o type=tar,dest=- --iidfile /dev/fd/1
# One file for two outputs, by whatever names.
same_file() {
  never "$@"
  contains "$err" "name the same file: "
  for option in "$first" "$second"; do contains "$err" "$option"; done
}
rm -rf "${t:?}"/*
mkdir "$t/real"
ln -s real "$t/way"
ln -s "$t/real/f" "$t/link"
echo precious >"$t/real/f"
ln "$t/real/f" "$t/real/other-name"
first="--output dest=$t/real/f"
for name in "$t/real/f" "$t/real/../real//f" "$t/way/f" "$t/link" "$t/real/other-name"; do
  for option in iidfile metadata-file; do
    second="--$option $name"
    same_file -o "type=tar,dest=$t/real/f" "--$option" "$name"
  done
  second="--output dest=$name"
  same_file -o "type=tar,dest=$t/real/f" -o "type=oci,dest=$name"
done
same "$(cat "$t/real/f")" precious "a file that two outputs name"
first="--iidfile new" second="--metadata-file ./new"
same_file --iidfile new --metadata-file ./new
mkfifo "$t/fifo"
first="--iidfile $t/fifo" second="--metadata-file $t/way/../fifo"
same_file --iidfile "$t/fifo" --metadata-file "$t/way/../fifo"
first="--output dest=-" second="--iidfile $t/real/f"
expect_exit 2 sh -c 'exec "$0" build -o - --iidfile "$1" . >"$1"' "$CAIRN" "$t/real/f"
contains "$err" "$second name the same file: "
for kind in type=local type=oci,tar=false; do
  second="--iidfile $t/new"
  for dest in "$t/new" "$t/real/../new/" "$t/new/below"; do
    first="--output dest=$dest"
    same_file -o "$kind,dest=$dest" --iidfile "$t/new"
  done
done
# Apart: files of one directory, also of one that an output makes; a device takes all that it is given.
succeeds cairn build -o "type=tar,dest=$t/a" -o "type=oci,dest=$t/b" --iidfile "$t/c" --metadata-file "$t/d" .
for file in a b c d; do [ -s "$t/$file" ] || fail "$file is empty"; done
mkdir "$t/tree"
succeeds cairn build -o "$t/tree" -o "type=local,dest=$t/tree" --iidfile "$t/tree/id" .
[ -s "$t/tree/id" ] && [ -e "$t/tree/bin" ] || fail "an id in a tree"
succeeds cairn build -o type=tar,dest=/dev/null -o type=oci,dest=/dev/null --iidfile /dev/null --metadata-file /dev/null .
[ -c /dev/null ] || fail "/dev/null is no device any more"
never --push
contains "$err" "--tag"

# A failing build leaves no old id behind; a link and a FIFO stay.
printf 'FROM base\nRUN false\n' >Dockerfile.bad
for file in iidfile metadata-file; do
  echo old >"$t/old"
  ln -sf old "$t/link"
  expect_exit 1 cairn build "--$file" "$t/link" -f Dockerfile.bad .
  [ -L "$t/link" ] && [ ! -e "$t/old" ] || fail "$file: $(ls -l "$t")"
done
# Who waits for an output sees its end when the build fails.
rm -f "$t/fifo"
mkfifo "$t/fifo"
rm -f "$t/waits"
python3 - "$t/fifo" "$t/waits" <<'END' &
import os, select, sys
fifo = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)  # a reader from now on
open(sys.argv[2], "w").close()
sys.exit(0 if select.select([fifo], [], [], 60)[0] and os.read(fifo, 1) == b"" else 1)
END
reader=$!
wait_until [ -e "$t/waits" ]
expect_exit 1 cairn build -o "type=oci,dest=$t/fifo" -f Dockerfile.bad .
wait $reader || fail "the reader of a failed build still waits"
# One signal ends the wait for a reader that never comes.
code=0
timeout -k 5 1 "$CAIRN" build -q -o "type=oci,dest=$t/fifo" . 2>"$err" || code=$?
same "$code" 124 "cairn that waits for a reader, after SIGTERM"
# Nothing is written into the store.
ln -s "$CAIRN_ROOT" "$t/store"
for name in "$CAIRN_ROOT/cairn.db" "$t/store/new"; do
  expect_exit 2 cairn save -o "$name" app
  contains "$err" "lies in the store"
  expect_exit 2 cairn save --format oci-dir -o "$name" app
  never --iidfile "$name"
  contains "$err" "lies in the store"
done
(cd "$CAIRN_ROOT" && cairn save app) >"$t/saved"
succeeds cairn run app true
