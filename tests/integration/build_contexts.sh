#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where a build may take its files and its Dockerfile from (E22, I01, I04).
. "$(dirname "$0")/lib.sh"
have git
base_image
start_web_server
start_git_server

mkdir -p "$scratch/project/sub"
cd "$scratch/project"
echo data >file && echo hidden >secret && echo inner >sub/file
printf 'secret\n' >.dockerignore
printf 'FROM base\nCOPY . /all/\nRUN ls /all >/list\n' >Dockerfile
printf 'FROM base\nCOPY file /other\n' >other.Dockerfile
tar -czf "$web_root/project.tgz" .
cp Dockerfile "$web_root/lone"
git init -q -b main . && git add . && git -c user.name=t -c user.email=t@e commit -qm one
git clone -q --bare . "$git_root/project.git"
rm -rf .git
cd "$scratch/context"

# build_from NAME CONTEXT...: the list of what the image got.
build_from() {
  local name=$1
  shift
  cairn build -t "$name" "$@" >"$out" 2>"$err" || { cat "$err" >&2; fail "build of $*"; }
  cairn run "$name" cat /list | tr '\n' ' '
}
wanted="Dockerfile file other.Dockerfile sub "
same "$(build_from dir "$scratch/project")" "$wanted"
same "$(build_from tar "$web_root/project.tgz")" "$wanted" "an archive"
same "$(build_from stdin - <"$web_root/project.tgz")" "$wanted" "an archive on stdin"
same "$(cat "$web_root/project.tgz" | build_from pipe -)" "$wanted" "an archive in a pipe"
same "$(build_from http "$web/project.tgz")" "$wanted" "an archive of the web"
same "$(build_from git "$git_url/project.git#main")" "$wanted" "a repository"
: >"$web_log"
same "$(build_from http2 "$web/project.tgz")" "$wanted"
lacks "$web_log" " 200"
same "$(image_id http2)" "$(image_id http)"
build_from kept --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 "$git_url/project.git" >/dev/null
cairn run kept test -d /all/.git || fail ".git is not kept"

# A Dockerfile on stdin has no files; one of the web is one file.
printf 'FROM base\nRUN ls / >/list\n' | build_from lone - >/dev/null
same "$(build_from weblone "$web/lone")" "lone " "a Dockerfile of the web"

# -f is a path of this host beside a directory, one in the tree elsewhere; it may come from stdin or the web.
succeeds cairn build -f "$scratch/project/other.Dockerfile" "$scratch/project"
succeeds cairn build -f other.Dockerfile "$git_url/project.git"
cp "$scratch/project/other.Dockerfile" "$web_root/other"
succeeds cairn build -f "$web/other" "$scratch/project"
cairn build -f - "$scratch/project" <"$scratch/project/other.Dockerfile" 2>"$err" || fail "-f -"

# Named contexts: a repository, a file of the web, a layout on disk, a stage.
cairn build -q -o "type=oci,tar=false,dest=$scratch/layout" -t named:v1 "$scratch/project" >/dev/null
cat >Dockerfile <<'END'
FROM base AS one
RUN echo one >/one
FROM layout
COPY --from=repo sub/file /repo
COPY --from=web context /web
COPY --from=other one /other
FROM repo
COPY --from=1 /repo /web /other /copied/
END
succeeds cairn build -t named --build-context "repo=$git_url/project.git" --build-context "web=$web/lone" \
  --build-context "layout=oci-layout://$scratch/layout:v1" --build-context other=target:one .
cairn save named | tar -xO manifest.json | jq -e '.[0].Layers | length == 2' >/dev/null || fail "layers"

expect_exit 2 cairn build -f - -
contains "$err" "can't use stdin for both"
expect_exit 2 cairn build "$scratch/nowhere"
contains "$err" "unable to prepare context: path \"$scratch/nowhere\" not found"
expect_exit 2 cairn build "$scratch/project/file"
contains "$err" "neither a directory nor an archive"
expect_exit 2 cairn build --build-context "x=oci-layout://$scratch/layout:v2" .
contains "$err" 'has no image "v2"'
