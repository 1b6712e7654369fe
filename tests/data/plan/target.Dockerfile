# given: --target tools --no-cache-filter tools --label team=core
# The target is a stage in the middle, which is built anew.
FROM base AS tools
RUN install-tools
LABEL name=tools
FROM tools
RUN never
