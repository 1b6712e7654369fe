#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The network of a step is used again for the next, which finds nothing of it; parallel steps have one
# each; an insecure step has one that nobody gets after it; helpers are gone with the build.
own_host=1
. "$(dirname "$0")/lib.sh"
host_services
base_image
# A helper that counts its starts.
mkdir "$scratch/bin"
real=$scratch/bin/slirp4netns.real
cp "$(command -v slirp4netns)" "$real"
printf '#!/bin/sh\necho $$ >>%s/starts\nexec %s "$@"\n' "$scratch" "$real" >"$scratch/bin/slirp4netns"
chmod +x "$scratch/bin/slirp4netns"
export PATH=$scratch/bin:$PATH
starts() { wc -l <"$scratch/starts"; }

{ echo FROM base; for i in $(seq 12); do echo "RUN echo $i >/$i; ip address | md5sum >/ip"; done; } >Dockerfile
succeeds cairn build -t row .
same "$(starts)" 1 "helpers for a row of steps"
succeeds cairn build -t row .
same "$(starts)" 1 "helpers for a build from the cache"

# What a step leaves on purpose: a server that clears its death signal, connections in TIME_WAIT, sockets.
cat >Dockerfile <<'END'
FROM base
RUN mkdir /www; echo x >/www/index.html; (setsid httpd -f -p 8000 -h /www &); (setsid sleep 1000 &); \
  for i in $(seq 200); do wget -qO /dev/null http://127.0.0.1:8000/ && break; sleep 0.05; done; for i in 1 2 3; do wget -qO- http://127.0.0.1:8000/; done; wget -qO- http://198.51.100.1:8081/ >/dev/null; ip address >/before; ip route >>/before
RUN cat /proc/net/tcp /proc/net/udp /proc/net/unix | grep -vE '^ *(sl|Num) ' >/sockets; ip address >/after; ip route >>/after; \
  ps | grep -E 'httpd|sleep' | grep -v grep >/processes; httpd -p 8000 -h /www && wget -qO- http://127.0.0.1:8000/ >/again
END
succeeds cairn build -t left .
shown() { cairn run --network=none left cat "$1"; }
same "$(shown /sockets)" "" "sockets of the step before"
same "$(shown /processes)" "" "processes of the step before"
same "$(shown /again)" x
plain() { shown "$1" | grep -vE 'link/ether|valid_lft'; }
same "$(plain /before)" "$(plain /after)" "addresses and routes"

# Two at once on one port. Each waits for the other, so they do run at once.
cat >Dockerfile <<'END'
FROM base AS a
RUN --mount=type=cache,target=/c mkdir /www; echo a >/www/index.html; httpd -p 80 -h /www; touch /c/a; while [ ! -e /c/b ]; do sleep 0.1; done; wget -qO- http://127.0.0.1/ >/page
FROM base AS b
RUN --mount=type=cache,target=/c mkdir /www; echo b >/www/index.html; httpd -p 80 -h /www; touch /c/b; while [ ! -e /c/a ]; do sleep 0.1; done; wget -qO- http://127.0.0.1/ >/page
FROM base
COPY --from=a /page /a
COPY --from=b /page /b
END
succeeds timeout -k 5 60 "$CAIRN" build -j2 -t both .
same "$(cairn run --network=none both cat /a /b | tr '\n' ' ')" "a b "

# An insecure step may change its network, as in docker; the next one sees nothing of it.
cat >Dockerfile <<'END'
FROM base
RUN --security=insecure ip address add 10.9.9.9/32 dev lo && ip link set tap0 mtu 1280 && wget -qO- http://198.51.100.1:8081/ >/page && echo 1 >/proc/sys/net/ipv4/ip_forward
RUN ip address >/after; cat /proc/sys/net/ipv4/ip_forward >/forward
END
succeeds cairn build --allow security.insecure -t insecure .
same "$(cairn run --network=none insecure cat /page)" "page of 198.51.100.1"
cairn run --network=none insecure cat /after >"$out"
lacks "$out" 10.9.9.9
lacks "$out" "mtu 1280"
same "$(cairn run --network=none insecure cat /forward)" 0

# Helpers are gone when cairn is, by kill -9 too.
printf 'FROM base\nRUN touch /c; sleep 100\n' >Dockerfile
before=$(starts)
"$CAIRN" build . >"$scratch/killed.log" 2>&1 &
killed=$!
helpers() { pgrep -fc "^$real" || true; }
runs() { [ "$(starts)" != "$before" ] && [ "$(helpers)" != 0 ]; }
is_over() { [ "$(helpers)" = 0 ]; }
wait_until runs || fail "no helper runs"
kill -9 $killed
wait_until is_over || fail "helpers outlive the build"
