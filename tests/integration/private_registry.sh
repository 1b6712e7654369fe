#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Registries with certificates of their own, and without any: how each is allowed, and what is said
# when it is not. In a network of its own, where 192.0.2.1 is no loopback address.
[ -n "${in_own_network:-}" ] || [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null ||
  exec env in_own_network=1 unshare -n sh -c \
    'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && exec "$@"' sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
is_root || skip "only root makes a network of its own here"
have ip
have docker-registry
have openssl
base_image
export HOME=$scratch/home
certs=$HOME/.config/containers/certs.d
unset XDG_CONFIG_HOME SSL_CERT_FILE SSL_CERT_DIR CONTAINERS_REGISTRIES_CONF
mkdir -p "$HOME"
ca() { openssl "$@" 2>/dev/null; }
(
  cd "$scratch"
  ca req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj "/CN=Our Own CA"
  ca req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=registry
  printf 'subjectAltName=IP:192.0.2.1,IP:127.0.0.1\n' >ext
  ca x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out tls.crt
)
serve() { # NAME ADDRESS EXTRA: a registry at $NAME
  local port
  port=$(free_port)
  printf '%s\n' 'version: 0.1' "storage: {filesystem: {rootdirectory: $scratch/$1}}" \
    "http:" "  addr: '$2:$port'" "$3" >"$scratch/$1.yml"
  env -u REGISTRY_AUTH_FILE docker-registry serve "$scratch/$1.yml" >"$scratch/$1.log" 2>&1 &
  at_exit "kill $!"
  wait_for_port "$port" "$2"
  printf -v "$1" %s "$2:$port"
}
tls="  tls: {certificate: $scratch/tls.crt, key: $scratch/tls.key"
serve plain 192.0.2.1 ""
serve private 192.0.2.1 "$tls}"
serve mutual 192.0.2.1 "$tls, clientcas: [$scratch/ca.crt]}"
serve local_tls 127.0.0.1 "$tls}"
for to in "$plain" "$private" "$mutual" "$local_tls"; do cairn tag base "$to/a:1"; done

# Plain HTTP off loopback.
expect_exit 4 cairn push "$plain/a:1"
contains "$err" "$plain answered in plain HTTP"
contains "$err" "--insecure-registry"
lacks "$err" "SSL routines"
succeeds cairn push --tls-verify=false "$plain/a:1"
succeeds cairn --insecure-registry "$plain" pull "$plain/a:1"
printf 'FROM base\nRUN true\n' >Dockerfile
succeeds cairn build -o "type=image,name=$plain/b:1,push=true,registry.insecure=true" .
mkdir -p "$HOME/.config/containers"
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$plain" >"$HOME/.config/containers/registries.conf"
succeeds cairn push "$plain/a:1"
rm "$HOME/.config/containers/registries.conf"

# An authority of one's own.
expect_exit 4 cairn push "$private/a:1"
contains "$err" 'signed by "CN = Our Own CA", which is not trusted'
contains "$err" "certs.d/$private/ca.crt"
succeeds env SSL_CERT_FILE="$scratch/ca.crt" "$CAIRN" push "$private/a:1"
mkdir -p "$scratch/authorities" && cp "$scratch/ca.crt" "$scratch/authorities/any-name"
succeeds env SSL_CERT_DIR="$scratch/authorities" "$CAIRN" push "$private/a:1"
mkdir -p "$scratch/dir" && cp "$scratch/ca.crt" "$scratch/dir"
succeeds cairn push --cert-dir "$scratch/dir" "$private/a:1"
mkdir -p "$certs/$private" && cp "$scratch/ca.crt" "$certs/$private"
succeeds cairn push "$private/a:1"
succeeds cairn --root "$scratch/other" pull "$private/a:1"
succeeds cairn push --tls-verify=false "$private/a:1"

# A client certificate.
mkdir -p "$certs/$mutual" && cp "$scratch/ca.crt" "$certs/$mutual"
expect_exit 4 cairn push "$mutual/a:1"
contains "$err" "client certificate"
cp "$scratch/tls.crt" "$certs/$mutual/client.cert"
expect_exit 2 cairn push "$mutual/a:1"
contains "$err" "client.key"
cp "$scratch/tls.key" "$certs/$mutual/client.key"
succeeds cairn push "$mutual/a:1"

# On loopback TLS is tried first, on any port and unverified, as docker does.
succeeds cairn push "$local_tls/a:1"
contains "$scratch/local_tls.log" "PUT"
