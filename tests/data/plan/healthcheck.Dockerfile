# The last HEALTHCHECK counts, with all of its options.
FROM base AS unchecked
HEALTHCHECK NONE

FROM unchecked
HEALTHCHECK CMD true
HEALTHCHECK --interval=30s --timeout=1m30s --start-period=5s --start-interval=500ms --retries=3 \
  CMD wget -qO- http://localhost/ || exit 1
