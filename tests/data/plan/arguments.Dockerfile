# given: --build-arg VERSION=2 --build-arg TAG=1.22
# Arguments before the first FROM, defaults, overrides, and what of them a step sees.
ARG TAG=latest
FROM golang:$TAG
ARG VERSION=1
ARG UNUSED
ENV APP_VERSION=${VERSION} HOME=/home/app
ENV PATH=$PATH:$HOME/bin
RUN make VERSION=$VERSION
ARG LATE=late
RUN echo "${LATE:-none} ${UNUSED:-unset}"
