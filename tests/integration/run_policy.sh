#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U09, U10, E24: what leaves the sandbox is refused before anything runs, unless it was allowed. Limits, shared
# memory and hosts are those of the command line (U01, U13).
. "$(dirname "$0")/lib.sh"
base_image
for line in network=host:network.host security=insecure:security.insecure; do
  printf 'FROM base\nRUN touch ran\nRUN --%s true\n' "${line%:*}" >Dockerfile
  expect_exit 6 cairn build --progress=plain .
  contains "$err" "${line#*:} is not allowed"
  contains "$err" "--allow ${line#*:}"
  contains "$err" "Dockerfile:3"
  lacks "$err" "] RUN touch ran"
  succeeds cairn build --allow "${line#*:}" .
done
printf 'FROM base\nRUN --network=host true\n' >Dockerfile
succeeds cairn build --network=host .
expect_exit 2 cairn build --allow network.hots .
contains "$err" "did you mean network.host?"

# All that the namespace of the step can have, for any user; as root of it one may mount.
cat >Dockerfile <<'END'
FROM base
RUN --security=insecure cat /proc/self/status >/status; mkdir /m && mount -t tmpfs none /m && touch /m/x && umount /m
RUN --security=insecure grep -c ' /proc/' /proc/self/mountinfo >/masks || true
RUN (mount -t tmpfs none /m) 2>/dev/null && exit 9; grep -c ' /proc/' /proc/self/mountinfo >/masks2
USER ann
RUN --security=insecure cat /proc/self/status >/tmp/status
END
succeeds cairn build --allow security.insecure -t free .
for file in /status /tmp/status; do
  cairn run free cat $file >"$scratch/status"
  grep -qE '^CapEff:	0+[1-9a-f]*1?ffffffff' "$scratch/status" || fail "$(cat "$scratch/status")"
  contains "$scratch/status" "$(grep CapEff "$scratch/status" | sed s/Eff/Bnd/)"
done
contains "$scratch/status" "Uid:	1000"
same "$(cairn run free cat /masks)" 0
[ "$(cairn run free cat /masks2)" -gt 5 ] || fail "/proc of a sandboxed step is not masked"

cat >Dockerfile <<'END'
FROM base
RUN ulimit -n >/limits; ulimit -Hn >>/limits; df -k /dev/shm | tail -1 | awk '{print $2}' >/shm
RUN cat /etc/hosts >/hosts; hostname >/name; (echo x >>/etc/hosts) 2>/dev/null || echo refused >/etc-hosts
RUN wc -c </dev/stdin >/stdin; echo $HOME >/home-of-root; env | grep -i proxy | sort >/proxies || true
USER ann
RUN echo $HOME >/tmp/home
END
succeeds cairn build --network=host --ulimit nofile=100:200 --shm-size 1m --add-host db=10.1.2.3 --add-host 'six:[fe80::1]' \
  --add-host out:host-gateway --build-arg BUILDKIT_SANDBOX_HOSTNAME=box --build-arg http_proxy=http://p -t set .
same "$(cairn run set cat /limits /shm | tr '\n' ' ')" "100 200 1024 "
same "$(cairn run set cat /name /etc-hosts /stdin /home-of-root /proxies /tmp/home | tr '\n' ' ')" \
  "box refused 0 /root HTTP_PROXY=http://p http_proxy=http://p /home/ann "
same "$(cairn run set cat /hosts | tr '\t\n' ' |')" \
  "127.0.0.1 localhost box|::1 localhost ip6-localhost ip6-loopback|10.1.2.3 db|fe80::1 six|127.0.0.1 out|"
# Without --ulimit nothing is set; one beyond the host's becomes the nearest, with a note that says what there is.
printf 'FROM base\nRUN ulimit -Hn >/limit\n' >Dockerfile
succeeds cairn build -t plain .
same "$(cairn run plain cat /limit)" "$(ulimit -Hn)"
succeeds cairn build --no-cache --ulimit nofile=50:99999999999 -t limited .
contains "$err" "limit nofile to 50:99999999999 (at most "
[ "$(cairn run limited cat /limit)" -ge "$(ulimit -Hn)" ] || fail "the nearest limit is lower than ours"
expect_exit 2 cairn build --ulimit nofiles=1 .
contains "$err" "did you mean nofile?"

printf 'FROM base\nRUN --device=vendor.com/class=x true\n' >Dockerfile
expect_exit 3 cairn build .
contains "$err" "Dockerfile:2"
printf 'FROM base\nRUN --device=vendor.com/class=x,required=false true\n' >Dockerfile
succeeds cairn build .
contains "$err" "vendor.com/class=x is not given to the step"
