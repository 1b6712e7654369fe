#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# .dockerignore keeps files out of COPY: anchored patterns, **, exceptions, the Dockerfile itself; the ignore file
# named after a Dockerfile takes the place of the common one (I01, I03, I04; H04: a heredoc is no file of the context).
. "$(dirname "$0")/lib.sh"
base_image
mkdir -p src/deep .git docs build
touch a.o src/b.o src/deep/c.o keep.txt .git/config docs/README.md docs/other.md build/out src/main.c
cat >.dockerignore <<'END'
# comments
*.o
**/c.o
.git
docs
!docs/README.md
/build/
Dockerfile*
.dockerignore
END
printf 'FROM scratch\nCOPY . /\n' >Dockerfile
listing() { cairn build -q --output - "$@" . | tar -tf - | grep -v '/$' | sort | tr '\n' ' '; }
same "$(listing)" "docs/README.md keep.txt src/b.o src/main.c "

printf 'FROM scratch\nCOPY <<EOF /x.o\ntext\nEOF\n' >Dockerfile
same "$(listing)" "x.o "

printf 'FROM scratch\nCOPY . /\n' >Dockerfile.other
printf '**\n!src/**\nsrc/deep\n' >Dockerfile.other.dockerignore
same "$(listing -f Dockerfile.other)" "src/b.o src/main.c "

# A directory as context by name has an ignore file of its own.
mkdir "$scratch/named" && touch "$scratch/named/yes" "$scratch/named/no" && echo no >"$scratch/named/.dockerignore"
printf 'FROM scratch\nCOPY --from=extra yes* no* /\n' >Dockerfile.named
same "$(listing -f Dockerfile.named --build-context extra="$scratch/named")" "yes "

echo '!' >.dockerignore
expect_exit 3 cairn build .
contains "$err" .dockerignore
