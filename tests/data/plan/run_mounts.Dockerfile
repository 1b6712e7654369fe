# Every type of RUN --mount, with its defaults and with its options.
FROM base AS tools
FROM base
WORKDIR /w
RUN --mount=target=/context make
RUN --mount=type=bind,from=tools,source=/bin,target=tools,rw make
RUN --mount=type=cache,target=/root/.cache make
RUN --mount=type=cache,id=deps,target=deps,from=tools,source=/deps,sharing=locked,mode=0700,uid=1,gid=2 make
RUN --mount=type=cache,target=/c,sharing=private,ro make
RUN --mount=type=tmpfs,target=/scratch,size=64m make
RUN --mount=type=tmpfs,target=/more make
RUN --mount=type=secret,id=token make
RUN --mount=type=secret,id=key,target=/keys/key,required,mode=0440,uid=3,gid=4 make
RUN --mount=type=secret,id=password,env=PASSWORD make
RUN --mount=type=ssh git-clone
RUN --mount=type=ssh,id=deploy,target=/agent,required=true,mode=0666,uid=5,gid=6 git-clone
RUN --mount=target=/a/b --mount=type=tmpfs,target=/a two-mounts
