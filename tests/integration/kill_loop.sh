#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two hundred builds, each killed at some moment with kill -9, alone or with all it started. Whatever was
# lost, the next build gives the right image, and the store keeps its promises.
# CAIRN_TEST_SEED repeats a run, as far as the clock allows; CAIRN_TEST_KILLS says how many.
. "$(dirname "$0")/lib.sh"
RANDOM=${CAIRN_TEST_SEED:=$RANDOM}
echo "seed $CAIRN_TEST_SEED"
export SOURCE_DATE_EPOCH=1700000000
mark=mark$$
base_image
mkdir dir
for i in 1 2 3 4 5 6 7 8; do echo $i >dir/$i; done
head -c 300k /dev/urandom >data
cat >Dockerfile <<END
FROM base AS one
COPY dir /dir
RUN : $mark; cp -r /dir /copy && rm /dir/3
FROM base AS two
ARG N
COPY data /data
RUN : $mark; echo \$N >/n; mv /data /moved
FROM base
COPY --from=one /copy /copy
COPY --from=two /n /moved /
WORKDIR /work
RUN : $mark; ln /copy/1 /link
END
# build N [OPTION]...: prints the id.
build() {
  "$CAIRN" build -q --rewrite-timestamp --build-arg "N=$1" -t "app$1" --output=type=image \
    --output="type=oci,dest=$scratch/out.tar" "${@:2}" . 2>>"$err"
}

# What is right: from a store to which nothing bad happens. And how long a build takes.
: >"$err"
calm_store
right=() longest=0
for n in 0 1 2; do
  start=${EPOCHREALTIME/./}
  right+=("$(CAIRN_ROOT=$scratch/calm build $n --no-cache)") || { cat "$err"; fail "the calm build"; }
  longest=$((${EPOCHREALTIME/./} - start))
done

set -m  # each victim leads a group of its own
for ((i = 1; i <= ${CAIRN_TEST_KILLS:-200}; i++)); do
  n=$((RANDOM % 3)) group=-
  [ $((RANDOM % 3)) != 0 ] || group=
  build $n $([ $((RANDOM % 3)) = 0 ] || echo --no-cache) >/dev/null &
  sleep "$(printf 0.%06d $((RANDOM * longest / 32768)))"
  kill -9 $group$! 2>/dev/null || true
  wait $! 2>/dev/null || true
  [ $((i % 4)) != 0 ] || { same "$(build $n)" "${right[n]}" "the image after kill $i" || { tail "$err"; exit 1; }; }
  # A collection, which is interrupted as well.
  [ $((i % 25)) != 0 ] || { cairn rmi app0 app1 >/dev/null 2>&1 & sleep 0.00$((RANDOM % 10)); kill -9 $!; wait $!; } 2>/dev/null || true
done
set +m
is_over() { ! pgrep -f "$mark|$CAIRN " >/dev/null; }
wait_until is_over || { pgrep -af "$mark|$CAIRN "; fail "processes left"; }
for n in 0 1 2; do same "$(build $n)" "${right[n]}" "the image at last"; done
check_store

# Nothing is left that no row of the index names.
cairn rmi app0 app1 app2 base >/dev/null
same "$(ls "$CAIRN_ROOT/snapshots" | wc -l)" "$(sqlite3 "$CAIRN_ROOT/cairn.db" 'SELECT count(*) FROM snapshots')" \
  "directories of snapshots"
