#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One input changed at a time, and exactly the steps that depend on it run again. K02-K14
# Each row: the steps that run again as STAGE:NUMBER, "-" for none | what changes | how.
. "$(dirname "$0")/lib.sh"
base_image
cd "$scratch"

mkdir context/dir context/dir/sub context/packed
for file in a one.txt two.txt other dir/a dir/b dir/note.md dir/sub/a packed/a; do echo $file >context/$file; done
ln -s a context/dir/link
tar -C context/packed -cf context/packed.tar a
echo unrelated >context/.dockerignore
cat >context/Dockerfile <<'END'
FROM base AS argv
RUN echo  argv
FROM base AS exec
RUN ["true", "exec"]
FROM base AS script
RUN <<EOF
true script
EOF
FROM base AS env
ENV ENV_VALUE=1
COPY a /a
WORKDIR /made
RUN true
FROM base AS arg
ARG ARG_VALUE=1
COPY a /arg
RUN true
ARG LATE=1
FROM base AS cwd
WORKDIR /work
RUN true
FROM base AS user
USER ann
WORKDIR /home/ann
RUN true
FROM base AS network
RUN --network=none true network
FROM base AS security
RUN --security=sandbox true security
FROM base AS secret
RUN --mount=type=secret,id=token,mode=0400 true
FROM base AS variable
RUN --mount=type=secret,id=token,env=TOKEN true
FROM base AS agent
RUN --mount=type=ssh,id=default true
FROM base AS tmpfs
RUN --mount=type=tmpfs,target=/t,size=1m true
FROM base AS cache
RUN --mount=type=cache,target=/c,mode=0755 echo >>/c/runs
FROM base AS named
RUN --mount=type=cache,id=named,target=/c true
FROM base AS bind
RUN --mount=type=bind,source=dir,target=/x true
FROM base AS made
RUN mkdir /made; echo made >/made/x; echo >/aside
FROM base AS bound
RUN --mount=type=bind,from=made,source=/made,target=/x true
FROM base AS across
COPY --from=made /made /made
FROM base AS tree
COPY dir /dir
RUN true
FROM base AS file
COPY a /file
FROM base AS wild
COPY *.txt /wild/
FROM base AS flags
COPY --chmod=644 --chown=1:1 a /flags
FROM base AS names
RUN echo bob:x:5:5::/:/bin/sh >>/etc/passwd
COPY --chown=bob:0 a /names
FROM base AS link
COPY --link=true a /link
FROM base AS parents
COPY --parents dir/sub/a /parents/
FROM base AS exclude
COPY --exclude=*.md dir /exclude
FROM base AS inline
COPY <<inline.txt /inline/
inline
inline.txt
FROM base AS packed
ADD --unpack=true packed.tar /packed
FROM scratch AS target
END
# What each stage comes to is the same to the target, whatever ran: its copies are hits. K08
for stage in $(sed -n 's/^FROM base AS //p' context/Dockerfile); do
  echo "COPY --from=$stage /etc/group /$stage"
done >>context/Dockerfile
echo 'LABEL last=1' >>context/Dockerfile
echo secret >token
cp -a context pristine

context=context
flags=(--add-host=db:10.0.0.1 --ulimit=nofile=1024 --shm-size=1m --secret="id=token,src=$scratch/token"
  --allow=network.host --allow=security.insecure)
# The steps that were not cached, as STAGE:NUMBER, sorted.
steps_run() {
  cairn build --progress=plain "${flags[@]}" "$context" 2>"$err" || { cat "$err" >&2; return 1; }
  awk '/^#[0-9]+ \[[a-z]+ .*\] [^F]/ {gsub(/[[\]]|\/.*/, ""); step[$1] = $2 ":" $3}
    $2 == "CACHED" {delete step[$1]}
    END {
      for (id in step) {for (i = ++n; i > 1 && run[i - 1] > step[id]; i--) run[i] = run[i - 1]; run[i] = step[id]}
      for (i = 1; i <= n; i++) printf "%s%s", (i > 1 ? " " : ""), run[i]
    }' "$err"
}
# steps_from WORD: the steps of each stage from the first that begins so.
steps_from() {
  awk -v word="^($1) " '/^FROM/ {stage = $4; step = $2 != "scratch"; found = 0}
    /^(RUN|COPY|ADD|WORKDIR) / {step++; if ($0 ~ word) found = 1; if (found) print stage ":" step}' context/Dockerfile
}
sorted() { xargs -n1 | LC_ALL=C sort | xargs; }
runs=$(steps_from RUN | sorted) all=$(steps_from 'RUN|COPY|ADD|WORKDIR' | sorted)
declare -A steps=([-]='' [runs]=$runs [all]=$all [stages]=$(grep -v target < <(xargs -n1 <<<"$all") | sorted)
  [own]=$(grep -v network < <(xargs -n1 <<<"$runs") | sorted))

wrong=0
table() {
  local wanted what how ran
  while IFS='|' read -r wanted what how; do
    wanted=${wanted%"${wanted##*[! ]}"}
    ran=$(eval "$how" && steps_run) || ran="(failed)"
    [ "$ran" = "${steps[$wanted]-$wanted}" ] ||
      { echo "$what: ran '$ran', not '${steps[$wanted]-$wanted}'" >&2; wrong=$((wrong + 1)); }
    rm -rf context && cp -a pristine context
  done
}
dockerfile() { sed -i "$1" context/Dockerfile; ! cmp -s context/Dockerfile pristine/Dockerfile; }
base() { tar -C base --owner=0 --group=0 --numeric-owner -c . | cairn import "$@" - base >/dev/null; }
steps_run >/dev/null || fail "the first build"
table <<'END'
-          | nothing                           | true
argv:2     | a word of the command             | dockerfile 's/RUN echo  argv/RUN echo  argw/'
argv:2     | a space in the command            | dockerfile 's/RUN echo  argv/RUN echo argv/'
argv:2     | a continued line in the command   | dockerfile 's/RUN echo  argv/RUN echo \\\n  argv/'
exec:2     | a word of the exec form           | dockerfile 's/"exec"/"exed"/'
exec:2     | the shell                         | dockerfile 's/FROM base AS exec/&\nSHELL ["sh", "-c"]/; s/\["true", "exec"\]/true/'
-          | a space in the list               | dockerfile 's/, "exec"/,"exec"/'
-          | a comment between                 | dockerfile 's/^RUN echo  argv/# new\n&/'
-          | an empty line between             | dockerfile 's/^RUN echo  argv/\n\n&/'
-          | case and space of a keyword       | dockerfile 's/^RUN echo  argv/run   echo  argv/'
script:2   | text of a heredoc                 | dockerfile 's/true script/true  script/'
-          | how a heredoc ends                | dockerfile 's/^EOF$/END/; s/<<EOF/<<END/'
-          | CMD, EXPOSE, LABEL                | dockerfile 's/^LABEL.*/LABEL last=2\nCMD x\nEXPOSE 8/'
-          | metadata between the steps        | dockerfile 's/^RUN echo  argv/LABEL x=y\nSTOPSIGNAL 9\n&/'
env:4      | a variable                        | dockerfile 's/ENV_VALUE=1/ENV_VALUE=2/'
env:4      | another variable                  | dockerfile 's/ENV_VALUE=1/& OTHER=1/'
arg:3      | a default in scope                | dockerfile 's/ARG_VALUE=1/ARG_VALUE=2/'
arg:3      | an argument in scope              | flags+=(--build-arg=ARG_VALUE=3)
-          | an argument with the default      | flags+=(--build-arg=ARG_VALUE=1)
-          | an argument declared later        | flags+=(--build-arg=LATE=2)
-          | a proxy                           | flags+=(--build-arg=http_proxy=http://proxy)
cwd:2 cwd:3 | a directory                      | dockerfile 's:WORKDIR /work:WORKDIR /worj:'
-          | how the directory is written      | dockerfile 's:WORKDIR /work:WORKDIR work/:'
user:2 user:3 | the user                       | dockerfile 's/USER ann/USER 1000/'
network:2  | the network                       | dockerfile 's/=none/=host/'
own        | the network of all                | flags+=(--network=host)
security:2 | the security mode                 | dockerfile 's/=sandbox/=insecure/'
runs       | the name of an extra host         | flags[0]=--add-host=db2:10.0.0.1
-          | the address of an extra host      | flags[0]=--add-host=db:10.0.0.2
runs       | a limit                           | flags[1]=--ulimit=nofile=1023
runs       | the size of /dev/shm              | flags[2]=--shm-size=2m
runs       | the host name                     | flags+=(--build-arg=BUILDKIT_SANDBOX_HOSTNAME=builder)
secret:2   | the id of a secret                | dockerfile 's/id=token,mode/id=taken,mode/'
secret:2   | the mode of a secret              | dockerfile 's/mode=0400/mode=0440/'
variable:2 | the variable of a secret          | dockerfile 's/env=TOKEN/env=TAKEN/'
-          | the value of a secret             | echo other >token
agent:2    | the id of an agent                | dockerfile 's/id=default/id=other/'
tmpfs:2    | the size of a tmpfs               | dockerfile 's/size=1m/size=2m/'
tmpfs:2    | the target of a tmpfs             | dockerfile 's:target=/t,:target=/u,:'
cache:2    | the target of a cache             | dockerfile 's:target=/c,mode:target=/d,mode:; s:/c/runs:/d/runs:'
cache:2    | the mode of a cache               | dockerfile 's/mode=0755/mode=0700/'
-          | what is in a cache                | find root/cache-mounts -name runs | xargs sed -i 's/^/x/'
-          | the given id of a cache           | dockerfile 's/id=named/id=renamed/'
bind:2 exclude:2 tree:2 tree:3 | a file of a directory | echo new >context/dir/a
-          | the time of a file                | touch -d 2001-01-01 context/dir/a context/a context/one.txt
bind:2 exclude:2 tree:2 tree:3 | its mode      | chmod 600 context/dir/a
bind:2 exclude:2 tree:2 tree:3 | its name      | mv context/dir/a context/dir/c
bind:2 exclude:2 tree:2 tree:3 | the target of a link | ln -sf b context/dir/link
bind:2 exclude:2 tree:2 tree:3 | a directory more | mkdir context/dir/empty
parents:2  | the mode of a directory above     | chmod 700 context/dir
bind:2 tree:2 tree:3 | a file that another leaves out | echo new >context/dir/note.md
bind:2 exclude:2 parents:2 tree:2 tree:3 | a file deep down | echo new >context/dir/sub/a
arg:2 arg:3 env:2 env:3 env:4 file:2 flags:2 link:2 names:3 | a file | echo new >context/a
wild:2     | one of a pattern                  | echo new >context/one.txt
wild:2     | one more of a pattern             | echo new >context/three.txt
wild:2     | one less of a pattern             | rm context/two.txt
wild:2     | the name of one of a pattern      | mv context/two.txt context/zwo.txt
-          | a file that nobody copies         | echo new >context/other
-          | a file more that nobody copies    | echo new >context/another
-          | the text of .dockerignore         | echo nothing >>context/.dockerignore
bind:2 tree:2 tree:3 | what .dockerignore leaves out | echo dir/note.md >>context/.dockerignore
-          | where the context is              | cp -r context elsewhere; context=elsewhere
file:2     | the destination                   | dockerfile 's:a /file:a /fail:'
file:2     | a file to a directory             | dockerfile 's:a /file:a /file/:'
file:2     | the name of the source            | dockerfile 's:a /file:other /file:'; cp context/a context/other
-          | how the source is written         | dockerfile 's:a /file:./a /file:'
flags:2    | --chmod                           | dockerfile 's/chmod=644/chmod=640/'
flags:2    | --chown                           | dockerfile 's/chown=1:1/chown=1:2/'
names:2 names:3 | the meaning of a name        | dockerfile 's/bob:x:5:5/bob:x:6:6/'
names:3    | a name                            | dockerfile 's/chown=bob:0/chown=ann:0/'
link:2     | --link                            | dockerfile 's/--link=true //'
parents:2  | --parents                         | dockerfile 's:--parents dir/sub/a:dir/sub/a:'
parents:2  | where --parents begins            | dockerfile 's:dir/sub/a /parents:dir/./sub/a /parents:'
exclude:2  | --exclude                         | dockerfile 's/exclude=\*.md/exclude=a/'
inline:2   | text of a file in a heredoc       | dockerfile 's/^inline$/inlane/'
inline:2   | name of a file in a heredoc       | dockerfile 's/inline.txt/inlane.txt/'
inline:2   | a variable in a heredoc           | dockerfile 's/^inline$/in$NONE/'
packed:2   | --unpack                          | dockerfile 's/--unpack=true/--unpack=false/'
packed:2   | a member of an archive            | echo new >context/packed/a; tar -C context/packed -cf context/packed.tar a
across:2 bound:2 made:2 | what a stage made    | dockerfile 's:echo made >:echo maid >:'
across:2 bound:2 made:2 | a mode in a stage    | dockerfile 's:echo >/aside:chmod 600 /made/x:'
made:2     | how a stage made the same         | dockerfile 's:echo made >:printf "made\\n" >:'
made:2     | other files of a stage            | dockerfile 's:echo >/aside:echo other >/aside:'
all        | --no-cache                        | flags+=(--no-cache)
-          | after --no-cache                  | true
env:2 env:3 env:4 | --no-cache-filter          | flags+=(--no-cache-filter=env)
-          | what the base image runs          | base -c 'CMD ["/bin/true"]'
runs       | a variable of the base image      | base -c 'ENV BASE=1'
stages     | a file of the base image          | touch base/new; base
END
[ "$wrong" = 0 ] || fail "$wrong rows of the table"
