FROM scratch
HEALTHCHECK wget http://localhost/
