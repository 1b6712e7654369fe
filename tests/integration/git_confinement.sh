#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A git that a repository has taken over gets no further than the sandbox it runs in: a program in its place
# looks for the host's files, variables, processes and sockets. And no submodule is a file of that sandbox.
if [ -z "${in_own_mounts:-}" ] && [ "$(id -u)" = 0 ]; then
  exec env in_own_mounts=1 unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
is_root || skip "only root puts another program in the place of git"
have git
have python3
base_image
start_git_server
in_clone() { git -C "$scratch/clone" -c user.name=t -c user.email=t@e "$@"; }
git init -q -b main "$scratch/clone"
echo one >"$scratch/clone/file"
in_clone add file && in_clone commit -qm one
git clone -q --bare "$scratch/clone" "$git_root/repo.git"

canary=canary.$$
echo secret >"$HOME/$canary"
at_exit "rm -f {$HOME,/usr,/usr/bin,/etc/ssl/certs}/$canary"
python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0" + sys.argv[1]); s.listen(); time.sleep(600)' "$canary" &
service=$!
at_exit "kill $service"
wait_until grep -q "@$canary" /proc/net/unix
real=$(readlink -f "$(command -v git)")
[ -x /usr/lib/git-core/git ] || skip "git is not where Debian has it"
cat >"$scratch/taken" <<END
#!/bin/sh
{
  echo "taken over"
  for file in $HOME/$canary $CAIRN_ROOT/cairn.db $scratch/git.log /etc/shadow; do
    ! cat \$file >/dev/null 2>&1 || echo "breach: reads \$file"
  done
  for dir in /usr /etc/ssl/certs $(dirname "$real"); do
    ! touch \$dir/$canary 2>/dev/null || echo "breach: writes to \$dir"
  done
  ! env | grep OF_CALLER || echo "breach: has variables"
  ! kill -0 $service 2>/dev/null || echo "breach: reaches processes"
  ! grep -q "sleep(600)" /proc/[0-9]*/cmdline || echo "breach: sees processes"
  ! ls -l /proc/self/fd | grep -e "$scratch" || echo "breach: has descriptors"
  ! mount -t tmpfs none /tmp 2>/dev/null || echo "breach: mounts"
} >&2
if python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("\0$canary")' 2>/dev/null; then
  echo "reaches a socket" >&2
fi
exec /usr/lib/git-core/git "\$@"
END
chmod 755 "$scratch/taken"
mount --bind "$scratch/taken" "$real"
export SECRET_OF_CALLER=leaked
printf 'FROM base\nADD %s/repo.git /x\n' "$git_url" >Dockerfile
succeeds cairn build --progress=plain .
contains "$err" "taken over"
lacks "$err" "breach:"
# Landlock closes abstract sockets from Linux 6.12 on (ABI 6).
kernel=$(uname -r | sed 's/\([0-9]*\)\.\([0-9]*\).*/\1 \2/')
read -r major minor <<<"$kernel"
((major < 6 || (major == 6 && minor < 12))) || lacks "$err" "reaches a socket"
umount "$real"

# /repository is where the sandbox has its copy.
printf '[submodule "part"]\n\tpath = part\n\turl = /repository\n' >"$scratch/clone/.gitmodules"
in_clone add .gitmodules
in_clone update-index --add --cacheinfo "160000,$(in_clone rev-parse HEAD),part"
in_clone commit -qm two
in_clone push -q "$git_root/repo.git" main
expect_exit 4 cairn build --progress=plain .
contains "$err" "transport 'file' not allowed"
