#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What an archive or an image claims to be starts no program of the host, and nothing encrypted is unpacked.
. "$(dirname "$0")/lib.sh"
have python3
base_image
# Programs that libarchive would run, which say so if they are.
mkdir "$scratch/bin"
for name in lrzip grzip lzop compress uncompress gunzip zstd xz unxz bunzip2 lz4; do
  printf '#!/bin/sh\ntouch %s\n' "$scratch/ran" >"$scratch/bin/$name"
done
chmod +x "$scratch/bin/"*
head -c 4096 /dev/urandom >noise
{ printf 'LRZI\0\6\0\0'; cat noise; } >lrzip
{ printf 'GRZipII\0\2\4:)'; cat noise; } >grzip
{ printf '\211LZO\0\r\n\032\n'; cat noise; } >lzop
{ printf '\037\235\220'; cat noise; } >compress
printf 'begin 644 x\n#0V%%\n`\nend\n' >uu
for file in lrzip grzip lzop compress uu; do
  printf 'FROM base\nADD %s /x/\n' "$file" >Dockerfile
  succeeds env PATH="$scratch/bin:$PATH" "$CAIRN" build -t "added-$file" .
  same "$(cairn run "added-$file" ls /x)" "$file"
  ! PATH="$scratch/bin:$PATH" "$CAIRN" load -i "$file" >"$out" 2>"$err" || fail "$file was loaded"
  ! PATH="$scratch/bin:$PATH" "$CAIRN" import "$file" >"$out" 2>"$err" || fail "$file was imported"
done
[ ! -e "$scratch/ran" ] || fail "a program of the host ran"
# The formats that are wanted are read without programs, too.
succeeds cairn save -o image.tar base
for program in gzip zstd xz bzip2; do
  "$program" -q -k image.tar
  succeeds env PATH="$scratch/bin:$PATH" "$CAIRN" load -i image.tar.*
  rm image.tar.*
done
[ ! -e "$scratch/ran" ] || fail "a program of the host ran"

rm -f ./* && printf 'FROM base\nRUN true >/x\n' >Dockerfile
succeeds cairn build -o "type=oci,dest=$scratch/layout,tar=false" .
python3 - "$scratch/layout" <<'END'
import hashlib, json, sys
root = sys.argv[1]
index = json.load(open(root + "/index.json"))
entry = index["manifests"][0]
manifest = json.load(open(root + "/blobs/" + entry["digest"].replace(":", "/")))
manifest["layers"][-1]["mediaType"] += "+encrypted"
data = json.dumps(manifest).encode()
entry["digest"], entry["size"] = "sha256:" + hashlib.sha256(data).hexdigest(), len(data)
open(root + "/blobs/" + entry["digest"].replace(":", "/"), "wb").write(data)
json.dump(index, open(root + "/index.json", "w"))
END
digest=$(jq -r '.manifests[0].digest' "$scratch/layout/index.json")
printf 'FROM enc\n' >Dockerfile
expect_exit 4 cairn build --build-context "enc=oci-layout://$scratch/layout@$digest" .
contains "$err" "is encrypted: its layer sha256:"
contains "$err" "skopeo copy --decryption-key"
