FROM scratch
COPY a missing /dir/
