#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a stranger's Dockerfile or step can make as large as it likes stays within a bound: the builder's memory is
# measured under each bomb.
. "$(dirname "$0")/lib.sh"
have python3
base_image
# peak COMMAND...: runs it, and prints the largest resident size of it and its children in MiB.
cat >"$scratch/peak.py" <<'END'
import resource, subprocess, sys
with open(sys.argv[1], "w") as log:
    code = subprocess.call(sys.argv[2:], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
# bounded WORDS: a build of ./Dockerfile is refused, names the line and the words, and stays small.
bounded() {
  read -r code peak < <(python3 "$scratch/peak.py" "$err" timeout 100 "$CAIRN" build --progress=plain -f "${2:-Dockerfile}" .)
  [ "$peak" -lt 100 ] || fail "$1: $peak MiB"
  same "$code" 3 "$1: $(head -c 3000 "$err")"
  [ "$(wc -c <"$err")" -lt 20000 ] || fail "$1: $(wc -c <"$err") bytes of messages"
  contains "$err" "$1"
  contains "$err" "Dockerfile:"
}
doubled() { for i in $(seq 0 30); do echo "$1 A$((i + 1))=\$A$i\$A$i"; done; }
for word in ARG ENV LABEL; do
  { [ $word = ARG ] || echo FROM base; echo 'ARG A0=aaaaaaaaaa'; [ $word != LABEL ] || doubled ARG; doubled $word; [ $word != ARG ] || echo FROM base; } >Dockerfile
  bounded "with the value of A"
done
{ echo FROM base; echo 'ARG A0=aaaaaaaaaa'; doubled ARG; } >Dockerfile
bounded "with the value of A"
a=$(head -c 1000 /dev/zero | tr '\0' a)
{ echo FROM base; echo "ENV A=$a"; for _ in $(seq 20); do echo 'ENV A=${A//a/aba}'; done; } >Dockerfile
bounded "larger than"
{ echo FROM base; echo "ENV A=$a$a$a$a"; echo "ENV B=$(for _ in $(seq 1000); do printf '$A'; done)"; } >Dockerfile
bounded "with the value of A"
big=$(for _ in $(seq 250); do printf '$A'; done)
# Each below the bound, and more than it in all: variables, history, environments of steps, bodies of files.
{ echo FROM base; echo "ENV A=$a$a$a$a"; echo "ENV B=$big"; for i in $(seq 60); do echo "LABEL l$i=\$B"; done; } >Dockerfile
bounded "in all"
{ echo FROM base; echo "ENV A=$a$a$a$a"; echo "ENV B=$big"; for i in $(seq 60); do echo "RUN true $i"; done; } >Dockerfile
bounded "in all"
{ echo FROM base AS s0; echo "ENV A=$a$a$a$a"; echo "ENV B=$big"; for i in $(seq 60); do echo "FROM s$((i - 1)) AS s$i"; done; } >Dockerfile
bounded "in all"
{ echo FROM base; echo "ENV A=$a$a$a$a"; for i in $(seq 60); do printf 'COPY <<E /f%s\n%s\nE\n' "$i" "$big"; done; } >Dockerfile
bounded "in all"
# A pattern that would take hours.
{ echo FROM base; echo "ENV A=$a$a$a$a"; echo "ENV B=$big"; echo 'ENV C=${B//a*b/x}'; echo 'ENV D=${B//$B/x}'; } >Dockerfile
bounded "too long"
# A Dockerfile that is large itself is none of this.
{ echo FROM base; echo 'COPY <<E /f'; head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 1000; echo; echo E; } >Dockerfile
succeeds cairn build .

# A line of output without an end: passed on in pieces, once.
printf 'FROM base\nRUN head -c 60000000 /dev/zero | tr "\\0" x; exit 3\n' >Dockerfile
for mode in plain quiet tty; do
  read -r code peak < <(python3 "$scratch/peak.py" "$err" timeout 100 "$CAIRN" build --no-cache --progress=$mode .)
  same "$code" 1 "$mode"
  [ "$peak" -lt 100 ] || fail "$mode: a line of 60 MB takes $peak MiB"
  [ "$(wc -L <"$err")" -lt 70000 ] || fail "$mode: a line of $(wc -L <"$err") columns"
  [ "$(wc -c <"$err")" -lt 63000000 ] || fail "$mode: $(wc -c <"$err") bytes"
done

# A dictionary of xz may be as large as a window of zstd. A larger one is refused wherever archives come in.
python3 - <<'END'
import lzma, tarfile, zlib
def header(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)
def tail(*files):
    members = (header(name, len(data)) + data + bytes(-len(data) % 512) for name, data in files)
    return lzma.compress(b"".join(members) + bytes(1024), preset=0)
# Asks for another dictionary: LZMA2's byte in the block header, and the CRC32 at its end.
def asking(packed, code):
    stream = bytearray(packed)
    end = 12 + stream[12] * 4
    stream[16] = code
    stream[end:end + 4] = zlib.crc32(stream[12:end]).to_bytes(4, "little")
    return bytes(stream)
packer = lzma.LZMACompressor(preset=0)
zeros = packer.compress(header("f", 140 << 20))
for i in range(140): zeros += packer.compress(bytes(1 << 20))
zeros += packer.flush()
mib128, mib192 = 30, 31
with open("bomb.tar.xz", "wb") as out:
    out.write(asking(zeros, mib192) + tail(("Dockerfile", b"FROM scratch\nCOPY f /\n"), ("manifest.json", b"[]")))
for i in range(1, 4):
    with open("x%d.tar.xz" % i, "wb") as out: out.write(asking(zeros, mib128) + tail(("n", b"%d\n" % i)))
END
too_large() {
  read -r code peak < <(python3 "$scratch/peak.py" "$err" timeout 100 "$@")
  [ "$peak" -lt 100 ] || fail "$*: $peak MiB"
  same "$code" 7 "$*: $(tail -n 5 "$err")"
  contains "$err" "xz data asks for a dictionary of 192 MiB, more than 128 MiB"
  contains "$err" 'hint: compress it with "xz -9"'
}
printf 'FROM scratch\nADD bomb.tar.xz /\n' >Dockerfile
too_large "$CAIRN" build .
too_large "$CAIRN" load -i bomb.tar.xz
too_large "$CAIRN" import bomb.tar.xz bomb
too_large sh -c '"$0" build - <bomb.tar.xz' "$CAIRN"

# Windows of 128 MiB, as many as there are steps: their sum is bounded, of zstd and xz together.
have zstd
mkdir zeros
head -c 140000000 /dev/zero >zeros/f
for i in $(seq 3); do
  echo "$i" >zeros/n
  tar -C zeros -c f n | zstd -q --ultra -1 --long=27 >"z$i.tar.zst"
done
rm -r zeros
archives=(z?.tar.zst x?.tar.xz)
{ for i in "${!archives[@]}"; do printf 'FROM scratch AS s%s\nADD %s /\n' "$i" "${archives[i]}"; done
  echo FROM scratch; for i in "${!archives[@]}"; do echo "COPY --from=s$i /n /$i"; done; } >Dockerfile
read -r code peak < <(python3 "$scratch/peak.py" "$err" timeout 100 "$CAIRN" build -j8 .)
same "$code" 0 "$(tail -n 5 "$err")"
[ "$peak" -lt 400 ] || fail "six windows of 128 MiB take $peak MiB"
