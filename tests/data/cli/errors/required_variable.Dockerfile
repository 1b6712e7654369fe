ARG VERSION
FROM scratch
COPY ${VERSION:?missing} /
