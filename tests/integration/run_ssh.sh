#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# U08: a step sees the socket of an agent, which tells its keys and signs, and does nothing else.
. "$(dirname "$0")/lib.sh"
have ssh-keygen
have ssh-agent
base_image
ssh-keygen -q -t ed25519 -N '' -C 'key one' -f "$scratch/one"
ssh-keygen -q -t ecdsa -N '' -C 'key two' -f "$scratch/two"
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C 'key three' -f "$scratch/three"
chmod 644 "$scratch/three"
cc -static -o ask "$here/ask_agent.c" 2>/dev/null || skip "no C compiler that links statically"
cat >Dockerfile <<'END'
FROM base
ARG ROUND
COPY ask /bin/ask
RUN --mount=type=ssh ask >/answers; echo $SSH_AUTH_SOCK >/path; stat -c '%u %g %a' $SSH_AUTH_SOCK >/stat
RUN --mount=type=ssh,mode=741,uid=100,gid=102 stat -c '%u %g %f' $SSH_AUTH_SOCK >/stat2
RUN --mount=type=ssh,id=absent test -n "$SSH_AUTH_SOCK" && test ! -e "$SSH_AUTH_SOCK"
USER ann
RUN --mount=type=ssh,uid=1000 ask | tail -1 >/tmp/ann
END
check() {
  same "$(cairn run app cat /answers | tr '\n' '|')" "remove 5|extension 5|list 12|keys 3|sign 14|" "$1"
  same "$(cairn run app cat /path /stat /stat2 | tr '\n' '|')" "/run/buildkit/ssh_agent.0|0 0 600|100 102 c1e1|"
  same "$(cairn run app cat /tmp/ann)" "sign 14"
  same "$(cairn run app sh -c 'ls -d /run' 2>/dev/null || true)" "" "stubs in the image"
}
export TMPDIR=$scratch
succeeds cairn build --build-arg ROUND=1 --ssh "default=$scratch/one,$scratch/two,$scratch/three" -t app .
check "keys given as files"
! pgrep -f "$scratch/cairn-ssh-" || fail "an agent is left behind"

eval "$(ssh-agent)" >/dev/null
at_exit "kill $SSH_AGENT_PID"
chmod 600 "$scratch/three"
ssh-add -q "$scratch/one" "$scratch/two" "$scratch/three"
succeeds cairn build --build-arg ROUND=2 --ssh default -t app .
check "the agent of the environment"
succeeds cairn build --build-arg ROUND=3 --ssh "default=$SSH_AUTH_SOCK" -t app .
check "an agent by its socket"

printf 'FROM base\nRUN --mount=type=ssh,required,id=deploy true\n' >Dockerfile
expect_exit 2 cairn build --ssh default .
contains "$err" 'no SSH key "deploy" forwarded from the client'
contains "$err" "Dockerfile:2"
contains "$err" "--ssh deploy"
ssh-keygen -q -t ed25519 -N 'passphrase' -f "$scratch/locked"
expect_exit 2 cairn build --ssh "deploy=$scratch/locked" .
contains "$err" "with a passphrase"
unset SSH_AUTH_SOCK
expect_exit 2 cairn build --ssh default .
contains "$err" SSH_AUTH_SOCK
