FROM scratch
RUN --mount=type=cache,taget=/d true
