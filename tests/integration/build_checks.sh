#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cairn check and build --check: every finding with its address and its lines, exit 3 for any; a build lists
# them in short; error=true ends it before a step runs; outline and targets, as text and as JSON.
. "$(dirname "$0")/lib.sh"
base_image
have jq
have git

cat >Dockerfile <<'END'
# check=experimental=InvalidDefinitionDescription
ARG TAG
FROM base:${TAG}$UNDECLARED as Build
FROM --platform=$TARGETPLATFORM base AS build
FROM --platform=linux/amd64 base AS scratch
run true \

  && true
MAINTAINER me
WORKDIR relative
ENV old form
ARG API_KEY=x
COPY $undefined ignored /
EXPOSE 80/TCP 127.0.0.1:81:81
CMD one
CMD two
# something
ARG LAST=1
END
echo ignored >.dockerignore
expect_exit 3 cairn check --build-arg TAG=latest .
contains "$out" "Check complete, 22 warnings have been found!"
for rule in StageNameCasing FromAsCasing NoEmptyContinuation ConsistentInstructionCasing DuplicateStageName \
  ReservedStageName JSONArgsRecommended MaintainerDeprecated UndefinedArgInFrom WorkdirRelativePath UndefinedVar \
  MultipleInstructionsDisallowed LegacyKeyValueFormat RedundantTargetPlatform SecretsUsedInArgOrEnv \
  InvalidDefaultArgInFrom FromPlatformFlagConstDisallowed CopyIgnoredFile InvalidDefinitionDescription \
  ExposeProtoCasing ExposeInvalidFormat; do
  contains "$out" "WARNING: $rule - https://docs.docker.com/go/dockerfile/rule/"
done
contains "$out" '   9 | >>> MAINTAINER me'
expect_exit 3 cairn build --check --build-arg TAG=latest .
contains "$out" "WARNING: UndefinedVar"
expect_exit 3 cairn build --call=check,format=json --build-arg TAG=latest .
same "$(jq -r '.warnings[] | select(.ruleName == "UndefinedVar").detail' "$out")" "Usage of undefined variable '\$undefined'"
succeeds cairn check --call=check,ignorestatus=true --build-arg TAG=latest .
succeeds cairn check --build-arg TAG=latest --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all .
contains "$out" "Check complete, no warnings found."

# What stands above an error is still said; a base that is not there is an error as in BuildKit.
printf 'FROM base as b\nNONSENSE\n' >Dockerfile
expect_exit 3 cairn check .
contains "$out" "FromAsCasing"
contains "$err" "unknown instruction: NONSENSE"

# A build tells in short, and stops where the file asks for it, before any step.
printf '# first is what comes first\nFROM base AS first\nRUN true\nMAINTAINER me\n' >Dockerfile
BUILDX_METADATA_WARNINGS=1 succeeds cairn build --metadata-file "$scratch/meta" .
contains "$err" " 1 warning found (use cairn check to expand):"
contains "$err" " - MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 4)"
jq -e '."buildx.build.warnings"[0].url' "$scratch/meta" >/dev/null || fail "no warnings in the metadata"
succeeds cairn build -q .
lacks "$err" "warning"
sed -i '1i # check=error=true' Dockerfile
expect_exit 3 cairn build --no-cache .
contains "$err" "lint violation found for rules: MaintainerDeprecated"
lacks "$err" "RUN true"

succeeds cairn build --call=targets .
same "$(cat "$out")" "TARGET          DESCRIPTION
first (default) is what comes first"
succeeds cairn build --call=outline,format=json --build-arg X=1 .
same "$(jq -r .name "$out")" first

# What has to be fetched first is fetched: an archive, a Dockerfile or an archive on stdin, a repository.
printf 'FROM base\nMAINTAINER me\nCOPY file /\n' >Dockerfile
rm -f .dockerignore
echo file >file
tar -cf "$scratch/context.tar" Dockerfile file
start_git_server
git init -q -b main . && git add . && git -c user.name=t -c user.email=t@e commit -qm one
git clone -q --bare . "$git_root/project.git"
rm -rf .git
for context in "$scratch/context.tar" "$git_url/project.git"; do
  expect_exit 3 cairn check "$context"
  contains "$out" "Check complete, 1 warning has been found!"
  contains "$out" "WARNING: MaintainerDeprecated"
done
from_stdin() { local file=$1; shift; "$@" <"$file"; }
expect_exit 3 from_stdin "$scratch/context.tar" cairn check -
contains "$out" "Dockerfile:2"
expect_exit 3 from_stdin Dockerfile cairn check -
contains "$out" "stdin:2"
printf 'FROM base AS one\nARG A=1\n' >Dockerfile
succeeds from_stdin Dockerfile cairn build --call=targets -
contains "$out" "one (default)"
succeeds from_stdin Dockerfile cairn build --call=outline -
contains "$out" "A"
