#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U09: --network=none, on the line or for the build, leaves a step with loopback and no way out, where
# --network=host for the build reaches the host's.
. "$(dirname "$0")/lib.sh"
base_image
port=$(free_port)
python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 &
at_exit "kill $!"
wait_for_port "$port"
cat >Dockerfile <<END
FROM base
RUN --network=none wc -l </proc/net/route >/routes; ip addr >/addresses; wget -qO- http://127.0.0.1:$port/ >/page 2>/dev/null; echo \$? >/status
RUN wget -qO- http://127.0.0.1:$port/ >/page2; echo \$? >/status2
END
succeeds cairn build --network=host -t facts .
same "$(cairn run facts cat /routes)" 1 "lines of the routing table, the heading among them"
same "$(cairn run facts cat /status)" 1
same "$(cairn run facts cat /status2)" 0
cairn run facts cat /addresses >"$scratch/addresses"
contains "$scratch/addresses" 127.0.0.1
lacks "$scratch/addresses" eth

# The same question with another network is another step.
printf 'FROM base\nRUN wget -qO- http://127.0.0.1:%s/ 2>/dev/null && echo reached >/file || echo alone >/file\n' "$port" >Dockerfile
succeeds cairn build --network=host -t with .
succeeds cairn build --network=none -t without .
same "$(cairn run with cat /file) $(cairn run without cat /file)" "reached alone"
expect_exit 1 cairn run --network=none with wget -q -O- "http://127.0.0.1:$port/"
