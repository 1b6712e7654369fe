#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# K13: of builds that come to the same step at once, one runs it and the others take its result; when that one
# fails or is killed, another runs it.
. "$(dirname "$0")/lib.sh"
base_image
# The step writes that it runs, and ends when the file "go" is there, after two minutes at the latest.
cat >Dockerfile <<'END'
FROM base AS one
RUN --mount=type=cache,target=/runs : 1; echo >>/runs/one; i=0; while [ ! -e /runs/go ] && [ $((i += 1)) -lt 2400 ]; do sleep 0.05; done; test ! -e /runs/fail
FROM base AS two
RUN --mount=type=cache,target=/runs : 1; echo >>/runs/one; i=0; while [ ! -e /runs/go ] && [ $((i += 1)) -lt 2400 ]; do sleep 0.05; done; test ! -e /runs/fail
FROM base
COPY --from=one /etc/group /one
COPY --from=two /etc/group /two
END
runs() { cat "$CAIRN_ROOT"/cache-mounts/*/one 2>/dev/null | wc -l; }
ran() { [ "$(runs)" = "$1" ]; }
let_go() { touch "$(dirname "$CAIRN_ROOT"/cache-mounts/*/one)/go"; }
# another_step N: other text, so that nobody has its result, and no "go".
another_step() { sed -i "s/ : [0-9]*;/ : $1;/" Dockerfile && rm "$CAIRN_ROOT"/cache-mounts/*/go; }
# start N: build number N in the background.
start() { "$CAIRN" build --progress=plain "${@:2}" . >"$scratch/log$1" 2>&1 & pids[$1]=$!; }
# running COUNT N: build N is the one that runs the step for the COUNTth time; waiting N: it waits for another.
running() { wait_until ran "$1" || { cat "$scratch/log$2"; fail "build $2 does not run its step"; }; }
waiting() {
  wait_until grep -q "another build is running this step" "$scratch/log$1" || { cat "$scratch/log$1"; fail "build $1 does not wait"; }
}
pids=()

# Three builds, each with two such steps: one run.
start 1 --jobs 1; running 1 1
start 2 --jobs 1; waiting 2
start 3; waiting 3
let_go
for i in 1 2 3; do wait ${pids[i]} || { cat "$scratch/log$i"; fail "build $i"; }; done
same "$(runs)" 1 "runs of one step in three builds"
# Four steps, each of them run by one of the three: after the RUN, whichever comes first.
same "$(cat "$scratch"/log[123] | grep -c CACHED)" 8 "cached steps of three builds"

# Killed while it runs: who waits runs it. Ctrl-C does not wait for anybody.
another_step 2
start 4; running 2 4
start 5; waiting 5
start 6; waiting 6
kill -TERM ${pids[6]}
code=0; wait ${pids[6]} || code=$?
same $code 143 "exit code after SIGTERM while waiting"
kill -9 ${pids[4]}; wait ${pids[4]} 2>/dev/null || true
running 3 5
let_go
wait ${pids[5]} || { cat "$scratch/log5"; fail "the build that waited for a killed one"; }
same "$(runs)" 3 "runs, one of them killed"

# The one that runs it fails, and so does the other, by itself.
touch "$(dirname "$CAIRN_ROOT"/cache-mounts/*/one)/fail"
another_step 3
start 7; running 4 7
start 8; waiting 8
let_go
for i in 7 8; do code=0; wait ${pids[i]} || code=$?; same $code 1 "exit code of build $i, whose step fails"; done
same "$(runs)" 5 "runs, two of them failed"
# --no-cache runs what another one is running.
rm "$CAIRN_ROOT"/cache-mounts/*/fail
another_step 4
start 9; running 6 9
start 10 --no-cache; running 7 10
let_go
for i in 9 10; do wait ${pids[i]} || { cat "$scratch/log$i"; fail "build $i"; }; done
same "$(runs)" 7 "runs with --no-cache"
check_tmp
