# Every flag of COPY and ADD that is about files.
FROM base AS files
FROM base
WORKDIR /w
COPY --from=files --chown=ann:staff --chmod=0644 /etc/passwd copied/
COPY --link --chmod=u=rwX,go=rX src/ /opt/src/
COPY --parents --exclude=*.tmp --exclude=**/cache a/./b/*.txt c /trees/
COPY ["with blank", "/with blank/"]
ADD --unpack=true one.tgz /unpacked/
ADD two.tar.gz /also/
COPY --from=golang:1.22 /usr/local/go /go
