#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Small archives that ask for much memory: each ends within bounds, and cairn stays as small as it is.
. "$(dirname "$0")/lib.sh"
have python3
base_image
python3 - <<'END'
import gzip
def header(name, size, kind, link=b""):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:108], h[108:116], h[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    h[124:136], h[136:148], h[156:157] = b"%011o\0" % size, b"00000000000\0", kind
    h[157:157 + len(link)] = link
    h[257:265], h[148:156] = b"ustar\x0000", b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)
def record(key, value):
    rest = len(key) + len(value) + 3
    size = rest + len(str(rest))
    size = rest + len(str(size))
    return b"%d %s=%s\n" % (size, key, value)
def pax(data): return header(b"p", len(data), b"x") + data + b"\0" * (-len(data) % 512)
def archive(name, members):
    with gzip.open(name, "wb", 6) as out:
        for member in members: out.write(member)
        out.write(b"\0" * 1024)
file = header(b"f", 0, b"0")
archive("sums.tgz", [pax(record(b"SCHILY.xattr.user.k%d" % i, b"0" * 900000)) for i in range(300)] + [file])
many = b"".join(record(b"k%d" % i, b"v") for i in range(60000))
archive("many.tgz", [pax(many), pax(many.replace(b" k", b" l")), file])
archive("links.tgz", (pax(record(b"linkpath", b"x/" * 4000 + b"x")) + header(b"l%d" % i, 0, b"1") for i in range(3000)))
END
bomb() {
  printf 'FROM base\nADD %s /x\n' "$1" >Dockerfile
  measured build .
  same "$code" "$2" "ADD $1: $(tail -3 "$err")"
  cairn import "$1" "bomb" >/dev/null
  measured run bomb /bin/true
  [ "$code" != 0 ] || fail "an image of $1 has no /bin/true"
}
bomb sums.tgz 7
bomb many.tgz 7
bomb links.tgz 5
