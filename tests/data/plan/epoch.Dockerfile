# given: --build-arg SOURCE_DATE_EPOCH=1700000000
# A fixed time: what WORKDIR makes has it, and so has the image.
FROM base
WORKDIR /made
RUN date
