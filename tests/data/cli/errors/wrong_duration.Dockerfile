FROM scratch
HEALTHCHECK --interval=often CMD true
