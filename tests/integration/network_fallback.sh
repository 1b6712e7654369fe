#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where no helper works, steps use the host's network, abstract sockets apart, and the build says so with
# what to do. A helper that hangs and ignores signals is killed after two seconds, and the other tried.
own_host=1
. "$(dirname "$0")/lib.sh"
host_services
base_image
cat >Dockerfile <<'END'
FROM base
COPY connect /
RUN /connect 127.0.0.1 8080 >/facts; /connect @cairn-test-shim >>/facts; /connect listen @mine @mine >>/facts
END
facts() { cairn run --network=none "$1" cat /facts | tr '\n' ' '; }
# Linux 6.12 or newer closes abstract sockets.
shim=shut
[ "$(printf '6.12\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.12 ] || shim=reached

programs=$scratch/bin
mkdir "$programs"
for name in newuidmap newgidmap; do ! path=$(command -v $name) || ln -s "$path" "$programs"; done
expect_exit 0 env PATH="$programs" "$CAIRN" build --progress=plain -t missing .
same "$(grep -c "share the host's network" "$err")" 1 "notes"
contains "$err" "install the package slirp4netns or passt"
same "$(facts missing)" "reached $shim reached " "with no helper installed"
expect_exit 0 env PATH="$programs" "$CAIRN" build .
lacks "$err" "share the host's network"  # nothing is run
expect_exit 0 env PATH="$programs" "$CAIRN" run missing /connect 127.0.0.1 8080
contains "$err" "install the package slirp4netns or passt"
expect_exit 0 env PATH="$programs" "$CAIRN" build --no-cache --network=host .
lacks "$err" "share the host's network"  # as it was asked for

hang='#!/bin/sh\ntrap "" TERM INT HUP\nwhile :; do /bin/sleep 1000; done\n'
printf "$hang" >"$programs/slirp4netns"
chmod +x "$programs/slirp4netns"
before=$SECONDS
expect_exit 0 timeout -k 5 30 env PATH="$programs" "$CAIRN" build --no-cache --progress=plain -t hangs .
[ $((SECONDS - before)) -lt 15 ] || fail "waited $((SECONDS - before)) seconds for a helper"
contains "$err" "slirp4netns was not ready within 2 seconds"
same "$(facts hangs)" "reached $shim reached " "with a helper that hangs"
is_over() { ! pgrep -f "$programs/slirp4netns" >/dev/null; }
wait_until is_over || fail "a helper that hung is left"

printf '#!/bin/sh\necho "cannot do it" >&2\nexit 3\n' >"$programs/slirp4netns"
expect_exit 0 env PATH="$programs" "$CAIRN" build --no-cache --progress=plain -t fails .
contains "$err" "slirp4netns failed (exit status 3): cannot do it"
same "$(facts fails)" "reached $shim reached " "with a helper that fails"

# No network namespace can be made: the limit is that of a user namespace of its own.
if unshare --map-root-user true 2>/dev/null; then
  limited() { unshare --map-root-user sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh "$@"; }
  expect_exit 0 limited "$CAIRN" build --no-cache --progress=plain -t limited .
  contains "$err" "raise the limit user.max_net_namespaces"
  same "$(grep -c "share the host's network" "$err")" 1 "notes"
  same "$(facts limited)" "reached $shim reached " "with no network namespace"
fi

# The other one is tried then, and does.
have pasta
printf "$hang" >"$programs/slirp4netns"
ln -s "$(command -v pasta)" "$programs"
printf 'RUN wget -qO- http://any.test:8081/ >/page; ls /sys/class/net >/devices\n' >>Dockerfile
expect_exit 0 env PATH="$programs" "$CAIRN" build --no-cache --progress=plain -t pasta .
lacks "$err" "share the host's network"
same "$(facts pasta)" "shut shut reached " "with pasta"
same "$(cairn run --network=none pasta cat /page)" "page of 198.51.100.1"
same "$(cairn run --network=none pasta cat /devices | tr '\n' ' ')" "lo tap0 "
