#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A file or directory of the context that the user may not read: the error calls it what the user calls it and
# says what to do. Where no line takes it, or the ignore file leaves it out, it does not matter (as in BuildKit).
. "$(dirname "$0")/lib.sh"
needs_user
mkdir -p c/open c/closed n c/part "$scratch/user"
chown "$CAIRN_TEST_USER:" "$scratch/user" c n
echo a >c/open/a
echo b >c/closed/b
echo p >c/part/p
chmod 700 c/closed  # root's
chmod 600 c/part/p
build() { as_user CAIRN_ROOT="$scratch/user/root" "$CAIRN" build --progress=plain "$@"; }
# line LINE IGNORED: the context that each build reads.
line() { printf 'FROM scratch\n%s\n' "$1" >c/Dockerfile; printf "$2" >c/.dockerignore; }
refused() { expect_exit 5 build "${@:2}"; contains "$err" "error: cannot read $1: Permission denied"; lacks "$err" /proc/; }

line 'COPY . /' part
refused c/closed c
contains "$err" "Dockerfile:2"
contains "$err" 'hint: make it readable for the user who builds, or leave it out with a line "closed" in .dockerignore'
refused c/closed c/
refused ./c/closed ./c
refused "$PWD/c/closed" "$PWD/c"
(cd c && refused ./closed .)
for source in closed closed/b 'closed/*' 'cl*'; do
  line "COPY $source /" ''
  refused c/closed c
done
line 'ADD . /' closed
refused c/part/p c
line 'RUN --mount=type=bind,target=/x ["/x"]' closed
refused c/part/p c
line 'COPY --from=named . /' ''
refused c/closed --build-context named=c c

# Nobody asks for it.
for source in open open/a 'o*' '*/a' 'cl*/*'; do
  line "COPY $source /" ''
  succeeds build c
done
for ignored in 'closed\npart' '*\n!open' '*\n!**/a' 'closed\npart\n!closed/b'; do
  line 'COPY . /' "$ignored"
  succeeds build -o "$scratch/user/out" c
  same "$(ls "$scratch/user/out" | tr '\n' ' ' | sed 's/Dockerfile //')" "open " "the image without $ignored"
  rm -r "$scratch/user/out"
done
# What is not excluded itself is missed, though all that is in it may be.
for ignored in 'part\nclosed/b' 'part\n**/b'; do
  line 'COPY . /' "$ignored"
  refused c/closed c
done

# The files that every build reads, and the context itself. A directory below it that is the user's own can be
# read whatever its mode: the builder is root of a namespace then.
line 'COPY . /' 'closed\npart'
chown -R "$CAIRN_TEST_USER:" c/open
chmod 000 c/open
succeeds build c
for file in Dockerfile .dockerignore; do
  chmod 000 c/$file
  chown 0 c/$file
  refused c/$file c
  chmod 644 c/$file
done
for mode in 000 311; do
  chmod $mode c n
  refused c c
  contains "$err" "hint: make it readable for the user who builds"
  chmod 755 c
  refused n --build-context named=n c
done
