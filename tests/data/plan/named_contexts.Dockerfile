# given: --build-context src=./elsewhere --build-context base=docker-image://golang:1.22 --build-context docs=https://example.org/docs.git#main
# Contexts that stand in for an image, and that add sources.
FROM base
COPY --from=src main.go /src/
COPY --from=docs guide.md /docs/
RUN --mount=from=src,target=/src build
