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

# A scenario that sets own_host sees a host of its own: a network namespace with the address 198.51.100.1
# and a route to nowhere, its resolver on loopback, and a /dev/net/tun that every user may open. Only root
# can make one.
if [ -n "${own_host:-}" ] && is_root && [ -z "$(ip -o address show to 198.51.100.1 2>/dev/null)" ]; then
  have ip
  have slirp4netns
  exec unshare -mn bash -c '
    { mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && : <>/dev/net/tun &&
      ip link set lo up && ip link add host type veth peer name away &&
      ip address add 198.51.100.1/24 dev host && ip link set host up && ip link set away up &&
      ip route add default via 198.51.100.254 &&
      echo 53 >/proc/sys/net/ipv4/ip_unprivileged_port_start; } 2>/dev/null ||
      { echo "skipped: a network and a tun device of its own cannot be made here"; exit 77; }
    mount -t tmpfs none /mnt
    echo "nameserver 127.0.0.1" >/mnt/resolv.conf && mount --bind /mnt/resolv.conf /etc/resolv.conf
    umount -l /mnt
    exec "$@"' bash "$0" "$@"
fi

# A scenario that sets own_addresses is in a network of its own, whose loopback has an address of each kind:
# public, private, link-local, and those of clouds' secrets. No packet leaves it. Only root can make one.
if [ -n "${own_addresses:-}" ] && is_root && [ -z "$(ip -o address show to 203.0.113.5 2>/dev/null)" ]; then
  have ip
  exec unshare -mn bash -c '
    ip link set lo up
    for a in 203.0.113.5/32 10.9.8.7/32 169.254.169.254/32 192.0.0.192/32; do ip addr add $a dev lo; done
    for a in fd12::1/128 fd00:ec2::254/128 64:ff9b::a9fe:a9fe/128; do ip addr add $a dev lo nodad; done
    exec "$@"' bash "$0" "$@"
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

# golden EXPECTED ACTUAL: two equal files. With CAIRN_TEST_ACCEPT=1 the first becomes the second, for the
# author to read the diff. EXPECTED is in tests/data: say its path before lib.sh, which runs a copy.
golden() {
  if [ "${CAIRN_TEST_ACCEPT:-}" = 1 ]; then cp "$2" "$1"; fi
  diff -u "$1" "$2" >&2 || fail "not as in ${1##*/tests/data/}; CAIRN_TEST_ACCEPT=1 accepts what is new"
}

# wait_until COMMAND...: until it succeeds; what does not come within a minute does not come.
wait_until() {
  local end=$((SECONDS + 60))
  until "$@"; do
    ((SECONDS < end)) || { echo "waited in vain: $*" >&2; return 1; }
    sleep 0.05
  done
}
# next_second: until the clock shows another second, for what must not come out the same by being quick.
next_second() { wait_until is_later_than "$(date +%s)"; }
is_later_than() { [ "$(date +%s)" -gt "$1" ]; }

# A RUN with a cache mount at /held and the words $hold says that it has begun, and ends when it is let go: for
# what has to happen meanwhile, however long it takes. After two minutes it ends by itself.
hold='touch /held/begun; i=0; while [ ! -e /held/go ] && [ $((i += 1)) -lt 2400 ]; do sleep 0.05; done'
held() { find "$CAIRN_ROOT/cache-mounts" -maxdepth 2 -name begun -printf '%h\n' 2>/dev/null | grep .; }
let_go() { touch "$(held)/go"; }

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

# store_on_tmpfs SIZE: the store is a disk of its own, a tmpfs in a mount namespace of our own, where a caller
# who is not root is root too. The scenario starts again there, so this comes first.
store_on_tmpfs() {
  local identity=
  if [ -z "${CAIRN_TEST_ON_TMPFS:-}" ]; then
    is_root || identity="--map-root-user --map-auto"
    unshare --mount $identity true 2>/dev/null || skip "cannot make a mount namespace with subordinate ids"
    CAIRN_TEST_ON_TMPFS=1 unshare --mount $identity "$here/$(basename "$0")" "$CAIRN"
    exit
  fi
  mkdir "$CAIRN_ROOT"
  mount -t tmpfs -o "size=$1" tmpfs "$CAIRN_ROOT" || skip "cannot mount a tmpfs"
  at_exit "umount -l $CAIRN_ROOT"
}

# calm_store: a store in $scratch/calm that has the base image, and to which nothing bad happens.
calm_store() {
  cairn save -o "$scratch/base.tar" base
  CAIRN_ROOT=$scratch/calm cairn load -q -i "$scratch/base.tar" >/dev/null
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# wait_for_port PORT [ADDRESS]
wait_for_port() { wait_until listens "${2:-127.0.0.1}" "$1" || { cat "$scratch"/*.log >&2; fail "nothing listens on port $1"; }; }
listens() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
# start_registry: a registry of its own; its address is in $registry, its access log in $registry_log,
# its process is $registry_pid.
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
  registry_pid=$!
  at_exit "kill $registry_pid"
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
# start_redirecting_server: for own_addresses, a server at each of them, with names for some of them
# (redirecting_server.py). Its port is $port, what it was asked is in $seen, and it serves $web_root.
start_redirecting_server() {
  is_root || skip "only root makes a network of its own here"
  have python3
  port=$(free_port) seen=$scratch/seen web_root=$scratch/web
  mkdir -p "$web_root"
  python3 "$here/redirecting_server.py" "$port" "$seen" "$web_root" 2>"$scratch/server.log" &
  at_exit "kill $!"
  wait_for_port "$port"
  printf '%s\n' '127.0.0.1 localhost' '203.0.113.5 public.example' '10.9.8.7 private.example' \
    '169.254.169.254 metadata.example' 'fd12::1 ula.example' >"$scratch/hosts"
  mount --bind "$scratch/hosts" /etc/hosts
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

# host_services: what a step may and may not reach on a host of its own (host_services.py), and the program
# of the attacker, ./connect.
host_services() {
  have python3
  [ -n "$(ip -o address show to 198.51.100.1 2>/dev/null)" ] || skip "only root can make a host of its own"
  cc -static -o connect "$here/connect.c" 2>/dev/null || skip "no C compiler that links statically"
  python3 "$here/host_services.py" "$scratch/services" >"$scratch/services.log" 2>&1 &
  at_exit "kill $!"
  wait_until [ -e "$scratch/services" ] || fail "the host's services did not start: $(cat "$scratch/services.log")"
}

# measured ARGUMENT...: cairn's exit code in $code, and its process no larger than the class of 64 MiB, and half
# of that more where nothing is optimised.
measured() {
  have python3
  code=0
  python3 - "$CAIRN" "$@" >"$out" 2>"$err" <<'END' || code=$?
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
if peak > 96: sys.exit("at its most it took %d MiB" % peak)
sys.exit(code)
END
  lacks "$err" "at its most it took"
}

# attacker_image: an image in which the host's own cairn, if it is executed there, tries to change its file and
# says "the host's program runs here" (become_loader.c). /script names it as its interpreter, so does /secret,
# which can be executed and not read; /good is harmless. own_program: what must stay as it is.
attacker_image() {
  [ "$(uname -m)" = x86_64 ] || skip "the attack is written for x86-64"
  cc -static -nostdlib -O1 -fno-stack-protector -o loader "$here/become_loader.c" 2>/dev/null ||
    skip "no C compiler that links statically"
  base_image
  ! is_root || chown 1000 "$CAIRN"  # as a program that its developer runs by sudo
  printf '#!/proc/self/exe\n' >script
  printf '#!/bin/true\n' >good
  chmod 755 good script
  printf '%s\n' 'FROM base' 'COPY loader /lib64/ld-linux-x86-64.so.2' 'COPY good script /' \
    'COPY --chmod=111 script /secret' >Dockerfile
  succeeds cairn build -t attacker .
}
own_program() { stat -c '%a %u:%g %s %Y %Z' "$CAIRN" && sha256sum <"$CAIRN"; }

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

# --- several processes at work in one store ---

# begin_work: a base image, a calm store and a directory dir/ of six files. $seed is for the order of work of
# each (CAIRN_TEST_SEED repeats one), $seconds how long they work (CAIRN_TEST_SECONDS).
begin_work() {
  local i
  seed=${CAIRN_TEST_SEED:-$RANDOM} seconds=${CAIRN_TEST_SECONDS:-6} workers=()
  echo "seed $seed"
  export SOURCE_DATE_EPOCH=1700000000
  base_image
  calm_store
  mkdir dir
  for i in 1 2 3 4 5 6; do echo $i >dir/$i; done
}
# start_worker COMMAND...: in the background. The last line of what it says is shown when all are done.
start_worker() {
  "$@" >"$scratch/log$((${#workers[@]} + 1))" 2>&1 &
  workers+=($!)
}
wait_for_workers() {
  local w
  for w in "${!workers[@]}"; do
    wait "${workers[w]}" || { cat "$scratch/log$((w + 1))" >&2; fail "worker $((w + 1))"; }
  done
  tail -qn1 "$scratch"/log?
}

# check_tmp: nothing is left in tmp/ of a store that nobody uses. A process that was killed while it made its lease
# leaves new-XXXXXX, which is swept when it is a minute old: so it is made that old here.
check_tmp() {
  local lease
  for lease in "$CAIRN_ROOT"/tmp/new-??????; do
    [ ! -e "$lease" ] || { touch -d '2 minutes ago' "$lease" && cairn images >/dev/null; }
  done
  [ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left in tmp/: $(ls "$CAIRN_ROOT/tmp")"
}

# check_store: what a store promises whatever happened to those who used it. Nobody may be using it now.
check_store() {
  local blob id text manifests
  for _ in $(seq 20); do  # each sweeps tmp/ for a moment
    cairn images >/dev/null
    [ -n "$(ls -A "$CAIRN_ROOT/tmp")" ] || break
  done
  check_tmp
  for id in "$CAIRN_ROOT"/*; do
    case ${id##*/} in
      cache-mounts | cairn-store | cairn.db* | contexts | layout.lock | lock | logs | oci | snapshots | tmp) ;;
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
