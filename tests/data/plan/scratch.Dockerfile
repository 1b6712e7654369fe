# An image with no base, and a directory that WORKDIR makes.
FROM scratch
WORKDIR /app
WORKDIR data
COPY app .
CMD ["./app"]
