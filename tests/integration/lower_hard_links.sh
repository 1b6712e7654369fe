#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A hard link to a file of a lower layer, in a layer or in an archive of ADD: its header says mode, owner, time and
# attributes of the file, by all of its names, as containerd and BuildKit have it.
. "$(dirname "$0")/lib.sh"
have python3
base_image
mkdir image
# An image of two layers: the base's files and /tool; a link to it.
cat >make.py <<'END'
import hashlib, io, json, sys, tarfile
base, link_only = sys.argv[1:3]
def link():
    entry = tarfile.TarInfo("bin2/link")
    entry.type, entry.linkname = tarfile.LNKTYPE, "tool"
    entry.mode, entry.uid, entry.gid, entry.mtime = 0o4751, 1000, 50, 1234567890
    entry.pax_headers = {"SCHILY.xattr.user.note": "new"}
    return entry
lower = io.BytesIO(open(base, "rb").read())
with tarfile.open(fileobj=lower, mode="a", format=tarfile.PAX_FORMAT) as tar:
    tool = tarfile.TarInfo("tool")
    tool.mode, tool.mtime, tool.size = 0o644, 99, 8
    tar.addfile(tool, io.BytesIO(b"program\n"))
upper = io.BytesIO()
with tarfile.open(fileobj=upper, mode="w", format=tarfile.PAX_FORMAT) as tar:
    tar.addfile(link())
open(link_only, "wb").write(upper.getvalue())
layers = [lower.getvalue(), upper.getvalue()]
def archive(path, layers):
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers",
        "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]}}).encode()
    files = {f"{i}.tar": layer for i, layer in enumerate(layers)}
    files["config.json"] = config
    files["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": [path.split(".")[0] + ":latest"],
                                          "Layers": [f"{i}.tar" for i in range(len(layers))]}]).encode()
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
archive("linked.tar", layers)
archive("lower.tar", layers[:1])
archive("dangling.tar", layers[1:])
END
python3 make.py "$scratch/base.tar" link.tar
for name in linked lower dangling; do succeeds cairn load -i "$name.tar"; done
look() { cairn run "$1" stat -c '%n %a %u:%g %Y %h' /tool /bin2/link; }
wanted=$(printf '/tool 4751 1000:50 1234567890 2\n/bin2/link 4751 1000:50 1234567890 2')
same "$(look linked)" "$wanted" "a link in a layer"
same "$(cairn run linked cat /bin2/link)" program
# The same file by ADD of the archive, and what the step's layer says of it.
printf 'FROM lower\nADD link.tar /\n' >Dockerfile
succeeds cairn build -t added .
same "$(look added)" "$wanted" "a link in an archive"
succeeds cairn build -o type=tar,dest="$scratch/tree.tar" .
same "$(tar -tvf "$scratch/tree.tar" --numeric-owner tool | awk '{print $1, $2}' | cut -c2-)" "rwsr-x--x 1000/50"
# Below the lowest layer there is nothing.
expect_exit 5 cairn run dangling true
contains "$err" "a hard link to tool, which is not there"
