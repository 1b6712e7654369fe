#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ADD of archives changes nothing that was there but what has a member's name: directories stay as they are,
# links lead nowhere but into the destination, and an archive is one by whatever name it is called.
. "$(dirname "$0")/lib.sh"
have python3
base_image
python3 - <<'END'
import io, tarfile
def make(name, *members):
    with tarfile.open(name, "w", format=tarfile.USTAR_FORMAT) as archive:
        for path, kind, mode, text in members:
            member = tarfile.TarInfo(path)
            member.type, member.mode, member.uid, member.gid, member.mtime = kind, mode, 1000, 1000, 1000
            member.size = len(text) if kind == tarfile.REGTYPE else 0
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE): member.linkname = text
            archive.addfile(member, io.BytesIO(text.encode()))
D, F, S, L = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
make("dirs.tar", ("./", D, 0o700, ""), ("etc/", D, 0o700, ""), ("etc/new", F, 0o644, "x"), ("own/", D, 0o710, ""),
     ("tmp/", D, 0o700, ""), ("hollow", F, 0o644, "a file"), ("", F, 0o644, "no name"))
make("climb.tar", ("l", S, 0o777, ".."), ("l/etc/f", F, 0o644, "x"), ("a", S, 0o777, "/etc"), ("a/g", F, 0o644, "x"))
make("link.tar", ("a", F, 0o644, "x"), ("b", L, 0o755, "a"))
make("one.tar", ("one", F, 0o644, "1"))
make("two.tar", ("two", F, 0o644, "2"))
END
mkdir -p real && mv one.tar real/ && ln -s real/one.tar one.tar
cat >Dockerfile <<'END'
FROM base
RUN mkdir /hollow && touch -d 2001-02-03 /etc /tmp && stat -c '%a %u %Y' /etc /tmp >/before && stat -c '%a %u' / >>/before
ADD dirs.tar /
RUN stat -c '%a %u %Y' /etc /tmp >/after && stat -c '%a %u' / >>/after
ADD dirs.tar /made
ADD climb.tar /clamped
ADD link.tar /links/
ADD one.tar /named
ADD o*.tar /matched
ADD one.tar two.tar /several
USER 1234
RUN true
END
succeeds cairn build -t rules .
look() { cairn run -u 0 rules sh -c "$1" | tr '\n' ' '; }
same "$(look 'cmp /before /after && echo same')" "same " "directories that were there"
same "$(look 'cat /hollow /etc/new; stat -c "%a %u" /own /made /made/own')" "a filex710 1000 755 0 710 1000 "
same "$(look 'find /clamped -type f | sort; ls /etc/f /etc/g 2>/dev/null')" "/clamped/etc/f /clamped/etc/g "
same "$(look 'stat -c "%a %h %Y" /links/a')" "755 2 1000 "
same "$(look 'cat /named/one /matched/one /several/one /several/two')" "1112"

# The same where the destination is a layer's own directory.
printf 'FROM base\nADD --link climb.tar /clamped\n' >Dockerfile
succeeds cairn build -t rules .
same "$(look 'find /clamped -type f | sort')" "/clamped/etc/f /clamped/etc/g "
