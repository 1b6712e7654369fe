FROM scratch
RUN --network=host true
