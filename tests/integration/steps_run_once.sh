#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# K13: of builds that come to the same step at once, one runs it and the others take its result; when that one
# fails or is killed, another runs it.
. "$(dirname "$0")/lib.sh"
base_image
cat >Dockerfile <<'END'
FROM base AS one
RUN --mount=type=cache,target=/runs echo >>/runs/one; sleep 1; test ! -e /runs/fail
FROM base AS two
RUN --mount=type=cache,target=/runs echo >>/runs/one; sleep 1; test ! -e /runs/fail
FROM base
COPY --from=one /etc/group /one
COPY --from=two /etc/group /two
END
runs() { cat "$CAIRN_ROOT"/cache-mounts/*/one | wc -l; }
# start N: build number N in the background; step_of N: waits until it says that it runs, or waits for, the step.
start() { "$CAIRN" build --progress=plain "${@:2}" . >"$scratch/log$1" 2>&1 & pids[$1]=$!; }
waits_for() { for _ in $(seq 200); do grep -q "$2" "$scratch/log$1" && return; sleep 0.05; done; cat "$scratch/log$1"; fail "no '$2'"; }
pids=()

# Two builds, each with two such steps: one run.
start 1 --jobs 1; waits_for 1 "RUN --mount"
start 2 --jobs 1; waits_for 2 "another build is running this step"
start 3
for i in 1 2 3; do wait ${pids[i]} || { cat "$scratch/log$i"; fail "build $i"; }; done
same "$(runs)" 1 "runs of one step in three builds"
# Four steps, each of them run by one of the three: after the RUN, whichever comes first.
same "$(cat "$scratch"/log[123] | grep -c CACHED)" 8 "cached steps of three builds"

# Killed while it runs: who waits runs it. Ctrl-C does not wait for anybody.
sed -i 's/sleep 1/sleep 2/' Dockerfile
start 4; waits_for 4 "RUN --mount"
start 5; waits_for 5 "another build is running this step"
start 6; waits_for 6 "another build is running this step"
kill -TERM ${pids[6]}
code=0; wait ${pids[6]} || code=$?
same $code 143 "exit code after SIGTERM while waiting"
kill -9 ${pids[4]}; wait ${pids[4]} 2>/dev/null || true
wait ${pids[5]} || { cat "$scratch/log5"; fail "the build that waited for a killed one"; }
same "$(runs)" 3 "runs, one of them killed"

# The one that runs it fails, and so does the other, by itself.
touch "$(echo "$CAIRN_ROOT"/cache-mounts/*/)fail"
sed -i 's/sleep 2/sleep 1.1/' Dockerfile
start 7; waits_for 7 "RUN --mount"
start 8; waits_for 8 "another build is running this step"
for i in 7 8; do code=0; wait ${pids[i]} || code=$?; same $code 1 "exit code of build $i, whose step fails"; done
same "$(runs)" 5 "runs, two of them failed"
# --no-cache runs what another one is running.
rm "$CAIRN_ROOT"/cache-mounts/*/fail
start 9; waits_for 9 "RUN --mount"
succeeds cairn build --no-cache .
wait ${pids[9]} || fail "build 9"
same "$(runs)" 7 "runs with --no-cache"
[ -z "$(ls -A "$CAIRN_ROOT/tmp")" ] || fail "left behind: $(ls "$CAIRN_ROOT/tmp")"
