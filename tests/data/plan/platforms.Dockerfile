# given: --platform linux/arm64
# A compiler on the build platform, an image for another one.
FROM --platform=$BUILDPLATFORM golang:1.22 AS build
ARG TARGETOS TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app
FROM base
ARG TARGETPLATFORM
ENV BUILT_FOR=$TARGETPLATFORM
COPY --from=build /app /app
RUN /app --version
