FROM scratch AS one
COPY --from=two /a /
FROM scratch AS two
COPY --from=one /a /
