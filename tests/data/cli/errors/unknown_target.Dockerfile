# given: --target biuld
FROM scratch AS build
COPY a /
