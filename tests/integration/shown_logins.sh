#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The login of a URL is shown to nobody, wherever the user or a Dockerfile wrote it: no error, progress, answer or
# list has it. (History and config hold what the author of a Dockerfile wrote; see SECURITY.)
. "$(dirname "$0")/lib.sh"
base_image
printf 'FROM base\n' >Dockerfile
# shows_nothing WORDS...: whatever becomes of it.
shows_nothing() {
  timeout -k 5 60 "$CAIRN" "$@" >"$out" 2>"$err" </dev/null || true
  ! grep CANARYPW "$out" "$err" || fail "cairn $* shows the password"
}

# Options and arguments that take no URL, or only one without a login.
for url in http://ann:CANARYPW@127.0.0.1:1/x http://ann:CANARYPW@host; do
for option in --add-host= --add-host=x: --add-host=h=1.2.3.4, --shm-size= --platform= --ulimit= --ulimit=nofile= --allow= \
  --network= --target= --secret= --secret=id=x,src= --secret=id= --ssh= --ssh=x= --output= --output=type= --output=type=oci,dest= \
  --output=type=oci,tar=false,dest= --iidfile= --metadata-file= --build-context= --build-context=x= \
  --build-context=x=oci-layout:// --build-arg= --label= --tag= --file= --ignorefile= --call= --call=check, --format= \
  --no-cache-filter= --gc-max-used-space= --source-date-epoch= --progress= --cache-from= --cache-to= --attest= --unknown= --jobs=; do
  shows_nothing build "$option$url" .
done
for words in "du --filter=" "du --filter=until=" "du --filter=description~=(" "prune --filter=" "run --volume=" \
  "run base --workdir=" "run --workdir=$url base true --user=" "run --user=" "load --input=" "save base --output=" \
  "images --format=" "images " "inspect " "history " "run " "run base " "rmi " "tag base " "tag " "push " "pull " "import " \
  "import $scratch/base.tar " "help " "build " "check " "debug ast " "--root=" "--isolation=" "images --isolation=" \
  "pull 127.0.0.1:1/x --authfile=" "images --cert-dir=" "images --token-server=" \
  "images --insecure-registry=" "--registry-mirror=docker.io=" ""; do
  shows_nothing $words"$url"
done
done
url=http://ann:CANARYPW@127.0.0.1:1/x
SOURCE_DATE_EPOCH=$url BUILDKIT_PROGRESS=$url shows_nothing build .
SOURCE_DATE_EPOCH=$url shows_nothing build .

# The directory of the store. As a path the URL has one slash less.
shows_nothing --root "$url" images
shows_nothing --root "${url%/x}" images
contains "$err" "http:/xxxxx:xxxxx@127.0.0.1:1 is neither empty nor a store"
shows_nothing --root "/proc/$url" images
shows_nothing --root "$PWD/Dockerfile/$url" images
rm -rf http:

# A Dockerfile.
cat >Dockerfile <<END
# build is fetched from $url
ARG GLOBAL=$url
FROM base AS build
# FROM_URL is where $url is
ARG FROM_URL=$url
WORKDIR /$url
RUN --mount=type=cache,id=$url,target=/cache --mount=type=cache,target=/$url echo \$FROM_URL >/dev/null
RUN --mount=type=secret,id=$url,target=/secret true
COPY Dockerfile /$url/
END
for call in outline targets check; do
  shows_nothing build --call=$call .
  shows_nothing build --call=$call,format=json .
  jq -r '.sources[] | if type == "object" then .data else . end' "$out" | base64 -d >"$scratch/source"
  grep -q 'xxxxx:xxxxx@' "$scratch/source" || fail "the Dockerfile in the answer of $call"
  lacks "$scratch/source" CANARYPW
done
shows_nothing build --call=outline .
grep -q 'FROM_URL  *http://xxxxx:xxxxx@127.0.0.1:1/x ' "$out" || fail "the outline has no value: $(cat "$out")"
for progress in plain tty; do
  shows_nothing build --no-cache --progress=$progress --metadata-file "$scratch/metadata" .
  for word in WORKDIR 'RUN --mount=type=cache,id='; do
    grep -F -- "$word" "$err" | grep -q 'xxxxx:xxxxx@127.0.0.1' || { cat "$err" >&2; fail "no heading of $word"; }
  done
  lacks "$scratch/metadata" CANARYPW
done
shows_nothing du --verbose
contains "$out" "cache mount http://xxxxx:xxxxx@127.0.0.1:1/x"
shows_nothing du --format json
shows_nothing prune --dry-run
for bad in 's/echo/false \&\& &/' 's/^COPY.*/COPY nosuch .\//' "s#^COPY.*#COPY --from=$url / /#" 's/^COPY/COPPY/' \
  "s#^FROM.*#FROM $url#" 's/target=/targt=/' "s#^WORKDIR#EXPOSE#" "s#^WORKDIR#USER#" "s#^WORKDIR#VOLUME#" \
  "s#^COPY.*#ADD $url /#" "s#^COPY.*#ADD --checksum=$url $url /#" "s#^COPY.*#COPY --chown=$url Dockerfile /#" \
  "s#^COPY.*#COPY --chmod=$url Dockerfile /#" "s#^COPY.*#STOPSIGNAL $url#" "s#^COPY.*#HEALTHCHECK --interval=$url CMD x#"; do
  sed "$bad" Dockerfile >Dockerfile.bad
  shows_nothing build --progress=plain -f Dockerfile.bad .
  shows_nothing check -f Dockerfile.bad .
done
