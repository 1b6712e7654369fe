# check=error=true
FROM scratch AS Mixed
COPY a /
