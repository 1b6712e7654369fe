FROM scratch
RUN --mount=type=disk,target=/d true
