# given: --build-arg HTTP_PROXY=http://proxy:3128 --build-arg BUILDKIT_SANDBOX_HOSTNAME=builder
# What else a RUN may say, and what a build says to every RUN.
FROM base
USER ann
RUN --network=none offline
RUN ["/bin/exec", "form", "a b"]
SHELL ["/bin/bash", "-c"]
RUN shell form
