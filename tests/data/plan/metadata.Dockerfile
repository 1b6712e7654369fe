# Instructions that change the image and no file.
FROM base
LABEL org.example.name="a b" org.example.empty=
EXPOSE 80 443/tcp 53/udp
VOLUME /data ["/x"]
USER 1000:1000
STOPSIGNAL SIGINT
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
CMD echo "$HOME"
MAINTAINER Ann <ann@example.org>
