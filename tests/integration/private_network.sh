#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A step has a network of its own: it serves on port 80 and reaches the world by name, where the host's
# resolver is on loopback too; the host's loopback and abstract sockets (CVE-2020-15257) are shut.
own_host=1
. "$(dirname "$0")/lib.sh"
host_services
base_image
cat >attack.sh <<'END'
/connect @cairn-test-shim
for address in 127.0.0.1 10.0.2.2 10.0.2.3 198.51.100.1; do /connect $address 8080; done
wget -q -T 2 -O- http://[::1]:8080/ 2>/dev/null && echo "reached ::1"
timeout 1 nslookup -type=a port-5300.test 10.0.2.3:5300 2>/dev/null | grep -q 198.51 && echo "reached UDP 5300"
(echo 1 >/proc/sys/net/ipv4/ip_forward) 2>/dev/null && echo "wrote a sysctl"
ip address add 10.9.9.9/32 dev lo 2>/dev/null && echo "added an address"
true
END
cat >Dockerfile <<'END'
FROM base
COPY connect /connect
RUN --mount=type=bind,target=/src sh /src/attack.sh >/attack
RUN mkdir /www && echo hello >/www/index.html && httpd -p 80 -h /www && wget -qO- http://localhost/ >/served
RUN wget -qO- http://any.test:8081/ >/by-name; wget -qO- http://198.51.100.1:8081/ >/by-address
RUN --mount=type=bind,target=/src /connect listen @mine @mine >/mine; ls /sys/class/net >/devices
USER ann
RUN mkfifo /tmp/open; busybox nc -l -p 81 <>/tmp/open >/tmp/got & for i in $(seq 200); do echo hi | busybox nc -w 1 127.0.0.1 81 && break; sleep 0.05; done; wait; grep hi /tmp/got
USER root
END
succeeds cairn build --progress=plain -t private --add-host gate:host-gateway .
lacks "$err" "share the host's network"
shown() { cairn run private cat "$1"; }
same "$(shown /attack | tr '\n' ' ')" "shut shut shut shut shut " "what a step could do"
same "$(shown /served)" hello
same "$(shown /by-name) $(shown /by-address)" "page of 198.51.100.1 page of 198.51.100.1"
same "$(shown /mine) $(shown /devices | tr '\n' ' ')" "reached lo tap0 " "its own socket and devices"
printf 'FROM base\nRUN cat /etc/hosts >/hosts\n' >Dockerfile
succeeds cairn build -t gate --add-host gate:host-gateway .
same "$(cairn run gate grep gate /hosts | tr '\t' ' ')" "$(ip -4 route get 203.0.113.1 | sed -n 's/.*src \([^ ]*\).*/\1/p') gate"

# cairn run has the same; the host's network is there for who asks.
same "$(cairn run private wget -qO- http://any.test:8081/)" "page of 198.51.100.1"
same "$(cairn run private /connect @cairn-test-shim)" shut
same "$(cairn run private /connect 127.0.0.1 8080)" shut
same "$(cairn run --network=bridge private /connect 127.0.0.1 8080)" shut
same "$(cairn run --network=host private /connect @cairn-test-shim)" reached
printf 'FROM private\nRUN /connect @cairn-test-shim >/host; /connect 127.0.0.1 8080 >>/host\n' >Dockerfile
succeeds cairn build --network=host -t by-flag .
same "$(cairn run by-flag cat /host | tr '\n' ' ')" "reached reached "
sed -i 's/RUN/RUN --network=host/' Dockerfile
expect_exit 6 cairn build .
succeeds cairn build --allow network.host -t by-line .
same "$(cairn run by-line cat /host | tr '\n' ' ')" "reached reached "
expect_exit 2 cairn build --network=bridge .
