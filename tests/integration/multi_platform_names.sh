#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A name that means several images: built, pushed later, pulled, pinned, tagged, loaded and removed,
# it is known by the digest of its index. R06 X13
. "$(dirname "$0")/lib.sh"
have jq
have skopeo
start_registry
index_digest() { echo "sha256:$(skopeo inspect --raw --tls-verify=false "docker://$1" | sha256sum | cut -d' ' -f1)"; }
digest_of() { cairn inspect "$1" | jq -r '.[0].RepoDigests[]'; }
for arch in amd64 arm64; do echo "$arch" >"app-$arch"; done
printf 'FROM scratch\nARG TARGETARCH\nCOPY app-${TARGETARCH} /app\n' >Dockerfile
name=$registry/app both=linux/arm64,linux/amd64

# Built here, pushed later: the list goes, the same that --push makes.
succeeds cairn build --platform "$both" -t "$name:1" .
same "$(cairn images | grep -c .)" 2 "lines of images"
same "$(cairn images -aq | wc -l)" 2
succeeds cairn prune -f
succeeds cairn push "$name:1"
list=$(index_digest "$name:1")
contains "$out" "$list"
same "$(skopeo inspect --raw --tls-verify=false "docker://$name:1" | jq '.manifests | length')" 2
same "$(digest_of "$name:1")" "$name@$list"
succeeds cairn build --platform "$both" -t "$name:2" --push .
same "$(index_digest "$name:2")" "$list"
cairn tag "$name:1" "$name:3"
succeeds cairn push "$name:3"
same "$(index_digest "$name:3")" "$list"
# Built for one platform, the name means that alone.
succeeds cairn build --platform linux/arm64 -t "$name:3" .
succeeds cairn push "$name:3"
skopeo inspect --raw --tls-verify=false "docker://$name:3" | jq -e .config >/dev/null || fail "still a list"

# Elsewhere: each platform that is pulled joins; the list goes on only when it is whole.
export CAIRN_ROOT=$scratch/second
succeeds cairn pull --platform linux/amd64 "$name:1"
same "$(digest_of "$name:1")" "$name@$list"
cairn images --digests >"$out"
contains "$out" "$list"
cairn tag "$name:1" "$registry/copy:1"
succeeds cairn push "$registry/copy:1"
contains "$err" 'not all platforms'
contains "$err" "$list -> "
succeeds cairn pull --platform linux/arm64 "$name:1"
cairn tag "$name:1" "$registry/copy:2"
succeeds cairn push "$registry/copy:2"
same "$(index_digest "$registry/copy:2")" "$list"
# The pin that a build shows serves all platforms, without its registry.
printf 'FROM %s\nCOPY app-amd64 /more\n' "$name:1" >Dockerfile.next
succeeds cairn build --progress=plain --platform "$both" -f Dockerfile.next .
contains "$err" "FROM $name:1@$list"
printf 'FROM %s\nCOPY app-amd64 /more\n' "$name@$list" >Dockerfile.next
kill "$registry_pid"
succeeds cairn build --platform "$both" -t local/next -f Dockerfile.next .

# Through an OCI archive the list comes whole; a docker archive holds this host's image.
succeeds cairn save --format oci-archive -o "$scratch/list.tar" "$name:1" local/next
same "$(CAIRN_ROOT=$scratch/third cairn load -i "$scratch/list.tar" | grep -c 'Loaded image:')" 2
same "$(CAIRN_ROOT=$scratch/third digest_of "$name:1")" "$name@$list"
same "$(CAIRN_ROOT=$scratch/third cairn images -aq | wc -l)" 4
succeeds cairn save -o "$scratch/one.tar" "$name:1"
same "$(tar -xOf "$scratch/one.tar" manifest.json | jq length)" 1

# A removed name takes its images along.
cairn rmi "$registry/copy:1" "$registry/copy:2" "$name:1" >"$out"
same "$(grep -c Deleted "$out")" 2
expect_exit 2 cairn rmi "$(cairn images -aq | while read -r id; do cairn inspect "$id" | jq -r '.[0] | select(.RepoTags == []) | .Id'; done)"
contains "$err" 'local/next:latest means for'
cairn rmi local/next >/dev/null
same "$(cairn images -aq)" ""
check_store
