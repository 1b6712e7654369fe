#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One Dockerfile for several platforms: an index in archives and registries, a directory for each in
# trees, one of the images under the name in the store. R06 F09 X13 E16
. "$(dirname "$0")/lib.sh"
have jq
have skopeo
for arch in amd64 arm64 arm; do echo "$arch" >"app-$arch"; done
printf 'FROM scratch\nARG TARGETARCH TARGETVARIANT\nCOPY app-${TARGETARCH} /app\nCOPY app-${TARGETARCH} /for-${TARGETARCH}${TARGETVARIANT}\n' >Dockerfile
both=linux/arm64,linux/amd64

# An OCI layout: an index in the order that was asked for, behind one name.
succeeds cairn build --progress=plain --platform "$both" --platform linux/arm/v6 -t app:v1 --iidfile "$scratch/iid" \
  --metadata-file "$scratch/metadata" -o "type=oci,tar=false,dest=$scratch/oci" .
contains "$err" '[linux/arm/v6 1/2] COPY app-arm /app'
list=$(jq -r '.manifests[0].digest' "$scratch/oci/index.json")
blob() { echo "$scratch/oci/blobs/sha256/${1#sha256:}"; }
same "$(jq -c '[.manifests[] | .platform | .os + "/" + .architecture + (.variant // "")]' "$(blob "$list")")" \
  '["linux/arm64","linux/amd64","linux/armv6"]'
same "$(cat "$scratch/iid")" "$list"
same "$(jq -r '.["containerimage.digest"]' "$scratch/metadata")" "$list"
for manifest in $(jq -r '.manifests[].digest' "$(blob "$list")"); do
  config=$(jq -r .config.digest "$(blob "$manifest")")
  jq -e '.architecture and (.rootfs.diff_ids | length == 2)' "$(blob "$config")" >/dev/null || fail "config $config"
done
# The same again is the same, and one platform alone is a plain manifest unless an index is wanted.
succeeds cairn build --platform "$both,linux/arm/v6" -o "type=oci,tar=false,dest=$scratch/again" .
same "$(jq -r '.manifests[0].digest' "$scratch/again/index.json")" "$list"
media_type() { tar -xOf "$1" index.json | jq -r '.manifests[0].mediaType'; }
succeeds cairn build --platform linux/arm64 -o "type=oci,dest=$scratch/one.tar" .
same "$(media_type "$scratch/one.tar")" application/vnd.oci.image.manifest.v1+json
succeeds cairn build --build-arg BUILDKIT_MULTI_PLATFORM=1 -o "type=oci,dest=$scratch/one.tar" .
same "$(media_type "$scratch/one.tar")" application/vnd.oci.image.index.v1+json

# A registry has the index under the name; each platform gets its own image. The store names one.
start_registry
succeeds cairn build --platform "$both" -t "$registry/app:v2" --push .
contains "$err" 'in this store'
for arch in amd64 arm64; do
  same "$(skopeo inspect --tls-verify=false --override-arch "$arch" "docker://$registry/app:v2" | jq -r .Architecture)" "$arch"
done
same "$(skopeo inspect --raw --tls-verify=false "docker://$registry/app:v2" | jq '.manifests | length')" 2
same "$(cairn inspect "$registry/app:v2" | jq -r '.[0].Architecture')" \
  "$(case $(uname -m) in x86_64) echo amd64 ;; *) echo arm64 ;; esac)"
printf 'FROM %s\nCOPY app-amd64 /more\n' "$registry/app:v2" >Dockerfile.next
expect_exit 4 cairn build --pull --platform linux/riscv64 -f Dockerfile.next .
contains "$err" 'it has: linux/amd64, linux/arm64'

# Trees: a directory for each, side by side or merged.
succeeds cairn build --platform "$both" -o "$scratch/tree" .
same "$(cat "$scratch/tree/linux_arm64/app" "$scratch/tree/linux_amd64/for-amd64" | tr '\n' ' ')" "arm64 amd64 "
cairn build -q --platform "$both" -o - . | tar -tf - >"$scratch/members"
contains "$scratch/members" linux_arm64/for-arm64
contains "$scratch/members" linux_amd64/app
succeeds cairn build --platform linux/arm64 -o "type=local,dest=$scratch/split,platform-split=true" .
[ -e "$scratch/split/linux_arm64/app" ] || fail "one platform is not split"
expect_exit 2 cairn build --platform "$both" -o "type=local,dest=$scratch/merged,platform-split=false" .
contains "$err" 'cannot overwrite app from linux/arm64 with linux/amd64'
sed -i '/ \/app$/d' Dockerfile
succeeds cairn build --platform "$both" -o "type=local,dest=$scratch/merged2,platform-split=false" .
same "$(cat "$scratch/merged2/for-arm64" "$scratch/merged2/for-amd64" | tr '\n' ' ')" "arm64 amd64 "

# A docker archive cannot hold an index, and says so before anything is built.
expect_exit 2 cairn build --progress=plain --no-cache --platform "$both" -o "type=docker,dest=$scratch/x.tar" .
contains "$err" 'docker exporter does not currently support exporting manifest lists'
lacks "$err" COPY

# A command of an architecture that nothing here executes is refused before it runs; what the build
# platform does for it is done once.
base_image
printf 'FROM --platform=$BUILDPLATFORM base AS make\nRUN echo made | tee /made\nFROM scratch\nCOPY --from=make /made /made\n' >Dockerfile
succeeds cairn build --progress=plain --platform linux/s390x,linux/ppc64le -o "$scratch/cross" .
same "$(grep -c '^#[0-9]* [0-9.]* made$' "$err")" 1 "times that the shared step ran"
same "$(cat "$scratch/cross/linux_s390x/made")" made
! grep -qs interpreter /proc/sys/fs/binfmt_misc/*s390x* || exit 0
cairn import --platform linux/s390x "$scratch/base.tar" foreign >/dev/null
printf 'FROM foreign\nCOPY app-arm /app\nRUN echo never\n' >Dockerfile
expect_exit 5 cairn build --progress=plain --platform linux/s390x .
contains "$err" 'RUN needs linux/s390x, and this host'
contains "$err" 'Dockerfile:3'
contains "$err" 'binfmt_misc handler with flag F'
