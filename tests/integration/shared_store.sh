#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Four processes do all there is to do in one store at once, for some seconds: nothing fails, images are what
# they are in a store of one's own, and the store keeps its promises.
# CAIRN_TEST_SEED repeats the order of work of each, CAIRN_TEST_SECONDS says how long.
. "$(dirname "$0")/lib.sh"
begin_work
cat >Dockerfile <<'END'
FROM base AS one
ARG N
RUN echo $N >/n
FROM base
COPY dir /dir
COPY --from=one /n /n
RUN ln /dir/1 /link
END
cat >Other <<'END'
FROM base AS all
COPY dir /dir
RUN ln /dir/1 /link
FROM scratch
ARG N
COPY --from=all /dir /dir
COPY <<EOF /n
$N
EOF
END
# build FILE N [OPTION]...: prints the id.
build() { "$CAIRN" build -q --rewrite-timestamp -f "$1" --build-arg "N=$2" "${@:3}" .; }
declare -A right
for file in Dockerfile Other; do
  for n in 0 1 2; do right[$file$n]=$(CAIRN_ROOT=$scratch/calm build $file $n); done
done

# worker W: a tenth of its work are removals of images that others build too.
worker() {
  local file n id end=$((SECONDS + seconds)) rounds=0
  RANDOM=$((seed + $1))
  while ((SECONDS < end)); do
    file=$([ $((RANDOM % 2)) = 0 ] && echo Dockerfile || echo Other) n=$((RANDOM % 3)) rounds=$((rounds + 1))
    case $((RANDOM % 10)) in
      0) cairn rmi "app$1" || fail "rmi" ;;
      1) cairn images || fail "images"; continue ;;
      2) id=$(build $file $n --no-cache -t "app$1") || fail "build --no-cache"; same "$id" "${right[$file$n]}" "id with --no-cache" ;;
      3) id=$(build $file $n -o "type=oci,dest=$scratch/$1.tar" -o type=image) || fail "export"; same "$id" "${right[$file$n]}" "id of an export"; continue ;;
      *) id=$(build $file $n -t "app$1") || fail "build"; same "$id" "${right[$file$n]}" "id" ;;
    esac
    id=$(build $file $n -t "app$1") || fail "build of what was built"
    same "$id" "${right[$file$n]}" "id of what was built"
    [ $((RANDOM % 3)) != 0 ] || cairn save -o "$scratch/$1.tar" "app$1" || fail "save"
    [ $((RANDOM % 3)) != 0 ] || same "$(cairn inspect "app$1" | jq -r '.[0].Id')" "$id" "inspect"
  done
  echo "worker $1: $rounds rounds"
}
for w in 1 2 3 4; do
  build Dockerfile 0 -t "app$w" >/dev/null
  start_worker worker $w
done
wait_for_workers
check_store
for w in 1 2 3 4; do cairn rmi "app$w" >/dev/null; done
check_store
