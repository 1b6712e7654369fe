# Two of three stages are reached; the third is no part of the plan.
FROM golang:1.22 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /out/app ./cmd/app

FROM build AS tests
RUN go test ./...

FROM base
COPY --from=build /out/app /usr/bin/
ENTRYPOINT ["/usr/bin/app"]
