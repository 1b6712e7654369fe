# Stands for the official golang image where Docker Hub is out of reach: Debian's Go with the C compiler
# that cgo asks for and the git that go get asks for, and the same environment.
FROM debian

RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl gcc git golang-go libc6-dev make pkg-config \
    && rm -rf /var/lib/apt/lists/*

ENV GOPATH=/go
ENV GOTOOLCHAIN=local
ENV PATH=$GOPATH/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN ln -s /usr/lib/go /usr/local/go && mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH"
WORKDIR $GOPATH
