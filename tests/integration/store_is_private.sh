#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Another local user gets nothing out of a store: no set-user-id program, device node or private file of an
# image, no name of one, and no lock that would stop its owner. An older store is closed when it is opened.
. "$(dirname "$0")/lib.sh"
is_root || skip "needs another user, and only root can become one"
have setpriv
mkdir "$scratch/base"
mknod -m 666 "$scratch/base/zero" c 1 5 2>/dev/null || skip "a device node cannot be made here"
base_image
cp "$(command -v id)" id  # the host's: busybox gives up a right that it was not made for
cat >Dockerfile <<'END'
FROM base
COPY --chmod=4755 id /bin/id4755
RUN echo private-key >/key && chmod 600 /key
RUN --mount=type=cache,id=c,target=/c cp -p /bin/id4755 /c/id4755 && mkfifo -m 666 /c/fifo
END
umask 0
chmod 755 "$scratch"
succeeds cairn build -q -t app --output type=image --output "type=oci,dest=$scratch/out.tar" .
other() { setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$1" 2>&1; }

reads() { other "head -c 1 $1 >/dev/null" >"$scratch/said"; }

check_private() {
  local path name
  for path in "$CAIRN_ROOT"/snapshots/*/bin/id4755 "$CAIRN_ROOT"/cache-mounts/*/id4755; do
    [ -e "$path" ] || continue
    [ -u "$path" ] || fail "no set-user-id program at $path"
    ! other "$path -u" | grep -qx 0 || fail "another user runs $path as root"
  done
  compgen -G "$CAIRN_ROOT/snapshots/*/zero" >/dev/null || fail "no device in a snapshot"
  for path in "$CAIRN_ROOT"/snapshots/*/zero; do
    [ -c "$path" ] || fail "no device at $path"
    ! reads "$path" || fail "another user opens the device $path"
    ! other "echo x >$path" >"$scratch/said" || fail "another user writes to the device $path"
  done
  for path in "$CAIRN_ROOT"/oci/blobs/sha256/* "$CAIRN_ROOT"/snapshots/*/key; do
    [ ! -e "$path" ] || ! reads "$path" || fail "another user reads $path"
  done
  for name in cairn.db cairn.db-wal cairn.db-shm oci/index.json lock layout.lock cairn-store; do
    [ ! -e "$CAIRN_ROOT/$name" ] || ! reads "$CAIRN_ROOT/$name" || fail "another user reads $name"
  done
  # All of cairn's own, and nothing of the images.
  find "$CAIRN_ROOT" -mindepth 0 \( -path "$CAIRN_ROOT/snapshots/*" -o -path "$CAIRN_ROOT/cache-mounts/*/*" \) -prune -o \
    -path "$CAIRN_ROOT/cache-mounts/*" -type d -prune -o \( -type d ! -perm 0700 -o -type f ! -perm 0600 \) -print >"$out"
  same "$(cat "$out")" "" "open to others"
}
check_private
stat -c %a "$CAIRN_ROOT"/snapshots/*/bin/id4755 | grep -qx 4755 || fail "the image's modes changed"

# As the cairn of before made it.
rm "$CAIRN_ROOT/cairn-store"
chmod 755 "$CAIRN_ROOT" "$CAIRN_ROOT"/{oci,oci/blobs,oci/blobs/sha256,snapshots,cache-mounts,tmp,contexts}
find "$CAIRN_ROOT/oci" "$CAIRN_ROOT"/cairn.db* -type f -exec chmod 644 {} +
for path in "$CAIRN_ROOT/cairn.db" "$CAIRN_ROOT"/snapshots/*/zero; do
  reads "$path" || fail "the older store is not open: $path"
done
for path in "$CAIRN_ROOT"/snapshots/*/bin/id4755; do
  other "$path -u" | grep -qx 0 || fail "the older store is not open: $path"
done
succeeds cairn images
contains "$out" app
check_private
same "$(cairn run app cat /key)" private-key

# A lock on SQLite's shared memory stops every writer: nobody else can take one.
for umask in 0 0777; do
  rm -rf "$CAIRN_ROOT"
  (umask $umask && exec "$CAIRN" load -i "$scratch/out.tar") >"$scratch/loaded" || fail "load with umask $umask"
  ! other "python3 -c \"import fcntl, os; fcntl.lockf(os.open('$CAIRN_ROOT/cairn.db-shm', os.O_RDONLY), fcntl.LOCK_SH, 8, 120)\"" \
    >"$out" || fail "another user locks the index"
  contains "$out" "Permission denied"
  # The blobs that nobody reads do hold the private file.
  for path in "$CAIRN_ROOT"/oci/blobs/sha256/*; do zcat -f "$path"; done | grep -a private-key >/dev/null || fail "no blob has the key"
  same "$(cairn run app cat /key)" private-key
  check_private
done

# A user's store is that user's as well.
if [ -n "${CAIRN_TEST_USER:-}" ]; then
  place=$(as_user mktemp -d)
  at_exit "rm -rf $place"
  chmod 755 "$place"
  as_user sh -c "umask 0; exec '$CAIRN' --root $place/store import - theirs" <"$scratch/base.tar" >"$out"
  same "$(find "$place/store" -path '*/snapshots/?*' -prune -o \( -perm /077 ! -type l \) -print)" "" "open to others"
  ! other "ls $place/store" >"$scratch/said" || fail "another user lists a user's store"
fi

# The same user reads the layout in place, as skopeo does.
command -v skopeo >/dev/null || exit 0
succeeds skopeo inspect "oci:$CAIRN_ROOT/oci:$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$CAIRN_ROOT/oci/index.json")"
