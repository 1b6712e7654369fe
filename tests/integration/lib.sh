# SPDX-License-Identifier: Apache-2.0
#
# What every scenario starts with: `. "$(dirname "$0")/lib.sh"`. A scenario is called as
#   SCENARIO.sh CAIRN [user|again]
# and runs in an empty directory of its own, with a store of its own in CAIRN_ROOT. With "user", when the
# caller is root, the whole scenario runs as the unprivileged CAIRN_TEST_USER, which scripts/test makes;
# "again" is the same for what the caller runs too, so that a caller who is not root does nothing twice.
# Exit codes are meson's: 0 passed, 77 skipped (the reason is printed), anything else failed.
set -euo pipefail

fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
have() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
is_root() { [ "$(id -u)" = 0 ]; }

# crun refuses a host that shows both kinds of control groups. A scenario that sets runs_containers sees
# one kind, in a mount namespace of its own, whoever it becomes then.
if [ -n "${runs_containers:-}" ] && is_root && [ -e /sys/fs/cgroup/unified ]; then
  exec unshare -m sh -c \
    'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$0" "$@"
fi

# --- as another user ---

needs_user() {
  is_root || skip "only root can become another user"
  [ -n "${CAIRN_TEST_USER:-}" ] ||
    skip "needs an unprivileged user: scripts/test --create-users makes one, or set CAIRN_TEST_USER"
}

# as_user COMMAND...: one program as the unprivileged user, with that user's home and nothing of ours.
as_user() {
  runuser -u "$CAIRN_TEST_USER" -- env -i PATH="$PATH" CAIRN="$CAIRN" \
    HOME="$(getent passwd "$CAIRN_TEST_USER" | cut -d: -f6)" ${SOURCE_DATE_EPOCH+SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"} "$@"
}

[ "${2:-}" != again ] || is_root || skip "ran as this user already"
# The user may be unable to look into the checkout, so a copy of binary and scenarios runs.
public=$(mktemp -d "${TMPDIR:-/tmp}/cairn-test-public.XXXXXX")
chmod 755 "$public"
mkdir "$public/tests"
cp -r "$(dirname "$0")" "$public/tests/integration"
cp -r "$(dirname "$0")/../../scripts" "$public/scripts"
cp "$1" "$public/cairn"
chmod -R a+rX "$public"
CAIRN=$public/cairn
here=$public/tests/integration
if [ -n "${2:-}" ] && is_root; then
  trap 'rm -rf "$public"' EXIT
  needs_user
  as_user "$here/$(basename "$0")" "$CAIRN"
  exit
fi

# --- the scenario's own place ---

scratch=$(mktemp -d "${TMPDIR:-/tmp}/cairn-test.XXXXXX")
cleanups=()
clean_up() {
  local command
  for command in "${cleanups[@]}"; do eval "$command" 2>/dev/null || true; done
  cd /
  # A store's files may belong to our subordinate ids: remove them as root of a namespace with those.
  is_root || unshare --map-root-user --map-auto rm -rf "$scratch" 2>/dev/null || true
  # What a stopped service still writes, it writes once.
  rm -rf "$scratch" "$public" 2>/dev/null || { sleep 0.5; rm -rf "$scratch" "$public" || true; }
}
at_exit() { cleanups=("$*" "${cleanups[@]}"); }
trap clean_up EXIT
trap 'exit 1' INT TERM
chmod 755 "$scratch"
mkdir "$scratch/context"
cd "$scratch/context"
export CAIRN_ROOT=$scratch/root
unset SOURCE_DATE_EPOCH BUILDKIT_PROGRESS CAIRN_REGISTRY_MIRROR
export DOCKER_CONFIG=$scratch/no-docker-config REGISTRY_AUTH_FILE=$scratch/auth.json
echo '{}' >"$REGISTRY_AUTH_FILE"
cairn() { "$CAIRN" "$@"; }

# --- what a scenario says ---

# expect_exit CODE COMMAND...: runs it, stdout to $scratch/out, stderr to $scratch/err.
out=$scratch/out err=$scratch/err
expect_exit() {
  local wanted=$1 code=0
  shift
  "$@" >"$out" 2>"$err" </dev/null || code=$?
  [ "$code" = "$wanted" ] || { cat "$out" "$err" >&2; fail "$* exits with $code, not $wanted"; }
}
contains() { grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "$1 does not contain: $2"; }; }
lacks() { ! grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "$1 contains: $2"; }; }
same() { [ "$1" = "$2" ] || fail "${3:-not equal}: '$1' and '$2'"; }
succeeds() { expect_exit 0 "$@"; }
image_id() { cairn inspect "$1" | jq -r '.[0].Id'; }
layers() { cairn inspect "$1" | jq -r '.[0].RootFS.Layers[]'; }

# --- what a scenario needs ---

# base_image [NAME]: a busybox with the usual directories and a few users, made offline in a moment.
base_rootfs() {
  local busybox
  have busybox
  busybox=$(readlink -f "$(command -v busybox)")
  mkdir -p "$1"/{bin,etc,tmp,root,proc,sys,dev,usr/bin,var}
  cp "$busybox" "$1$busybox"
  busybox --install -s "$1/bin"  # links to where the host has it, so it is there in the image too
  chmod 1777 "$1/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\nann:x:1000:\nwheel:x:10:root,ann\nstaff:x:50:ann\n' >"$1/etc/group"
}
base_image() {
  base_rootfs "$scratch/base"
  tar -C "$scratch/base" --owner=0 --group=0 --numeric-owner -cf "$scratch/base.tar" .
  cairn import -c 'CMD ["/bin/sh"]' "$scratch/base.tar" "${1:-base}" >/dev/null
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
wait_for_port() {
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.05
  done
  cat "$scratch"/*.log >&2
  fail "nothing listens on port $1"
}
# start_registry: a registry of its own; its address is in $registry, its access log in $registry_log.
start_registry() {
  have docker-registry
  local port
  port=$(free_port)
  registry=127.0.0.1:$port registry_log=$scratch/registry.log
  printf '%s\n' 'version: 0.1' 'log: {accesslog: {disabled: false}}' \
    "storage: {filesystem: {rootdirectory: $scratch/registry}, delete: {enabled: true}}" \
    "http: {addr: '$registry'}" >"$scratch/registry.yml"
  # It takes REGISTRY_* variables for settings of its own.
  env -u REGISTRY_AUTH_FILE docker-registry serve "$scratch/registry.yml" >"$registry_log" 2>&1 &
  at_exit "kill $!"
  wait_for_port "$port"
}

# start_web_server: serves $web_root at $web, and logs to $web_log (web_server.py says how).
start_web_server() {
  have python3
  local port
  port=$(free_port)
  web_root=$scratch/web web=http://127.0.0.1:$port web_log=$scratch/web.log
  mkdir -p "$web_root"
  : >"$web_log"
  python3 "$here/web_server.py" "$port" "$web_root" "$web_log" &
  web_pid=$!
  at_exit "kill $web_pid"
  wait_for_port "$port"
}
# start_git_server: bare repositories below $git_root are read at $git_url/NAME.
start_git_server() {
  local port
  port=$(free_port)
  git_root=$scratch/git git_url=git://127.0.0.1:$port
  mkdir -p "$git_root"
  git daemon --listen=127.0.0.1 --port="$port" --base-path="$git_root" --export-all --reuseaddr \
    "$git_root" >"$scratch/git.log" 2>&1 &
  at_exit "kill $!"
  wait_for_port "$port"
}

# use_podman: podman with a place of its own and the simplest of everything, as $podman.
use_podman() {
  have podman
  podman=$scratch/podman
  local pod=$scratch/pod
  mkdir -p "$pod/home"
  printf '#!/bin/sh\nHOME=%s XDG_RUNTIME_DIR=%s exec podman --root %s --runroot %s --tmpdir %s %s "$@"\n' \
    "$pod/home" "$pod" "$pod/root" "$pod/run" "$pod/tmp" \
    '--storage-driver vfs --cgroup-manager cgroupfs --events-backend none' >"$podman"
  chmod +x "$podman"
  # Without root it leaves a process behind that keeps its namespaces.
  at_exit "kill \$(find $pod -name pause.pid -exec cat {} +)"
  "$podman" info >/dev/null 2>"$err" || skip "podman does not work here: $(tail -1 "$err")"
}
# podman_run IMAGE: its output; skips where podman cannot run containers.
podman_run() {
  "$podman" run --rm --network=host --cgroups=disabled --ulimit nofile=1024:1024 \
    --ulimit nproc=1024:1024 "$@" >"$out" 2>"$err" && return
  grep -qE 'cgroup|permitted|denied|newuidmap' "$err" || { cat "$err" >&2; fail "podman run $*"; }
  skip "podman cannot run containers here: $(tail -1 "$err")"
}

# check_store: what a store promises whatever happened to those who used it. Nobody may be using it now.
check_store() {
  local blob id text manifests
  cairn images >/dev/null  # who comes alone empties tmp/
  [ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left in tmp: $(ls "$CAIRN_ROOT/tmp")"
  for id in "$CAIRN_ROOT"/*; do
    case ${id##*/} in
      cache-mounts | cairn.db* | contexts | layout.lock | lock | oci | snapshots | tmp) ;;
      *) fail "left in the store: $id" ;;
    esac
  done
  ! grep -F "$CAIRN_ROOT/" /proc/[0-9]*/mountinfo 2>/dev/null | grep . || fail "mounts left"
  for blob in "$CAIRN_ROOT"/oci/blobs/sha256/*; do
    [ -e "$blob" ] || continue
    same "$(sha256sum <"$blob" | cut -d' ' -f1)" "${blob##*/}" "a blob's name"
  done
  # An index, the manifests it names, and the blobs those name: all are there.
  same "$(cat "$CAIRN_ROOT/oci/oci-layout")" '{"imageLayoutVersion":"1.0.0"}'
  text=$(jq -r '.manifests[].digest' "$CAIRN_ROOT/oci/index.json")
  manifests=$(for id in $text; do echo "$CAIRN_ROOT/oci/blobs/sha256/${id#*:}"; done)
  [ -z "$manifests" ] || text="$text $(jq -r '.config.digest, .layers[].digest' $manifests)"
  for id in $text; do [ -e "$CAIRN_ROOT/oci/blobs/sha256/${id#*:}" ] || fail "the layout has no $id"; done
  have sqlite3
  same "$(sqlite3 "$CAIRN_ROOT/cairn.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
  for id in $(sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT id FROM snapshots'); do
    [ -d "$CAIRN_ROOT/snapshots/$id" ] || fail "snapshot $id has no directory"
  done
}
