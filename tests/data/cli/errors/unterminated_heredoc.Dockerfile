FROM scratch
RUN <<END
echo open
