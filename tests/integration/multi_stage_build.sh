#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A multi-stage Dockerfile becomes an image that holds the last stage alone, and the image runs.
. "$(dirname "$0")/lib.sh"
base_image

printf 'echo "made by $(cat /etc/builder)"\n' >tool.sh
cat >Dockerfile <<'END'
FROM base AS build
RUN mkdir /out && echo "$(id -u):$(id -g)" >/etc/builder && dd if=/dev/zero of=/ballast bs=1M count=3
COPY tool.sh /out/
RUN chmod 755 /out/tool.sh && sed -i '1i #!/bin/sh' /out/tool.sh

FROM base AS unused
RUN exit 9

FROM base
COPY --from=build /etc/builder /etc/builder
COPY --from=build /out/ /usr/bin/
USER ann
WORKDIR /home/ann
CMD ["tool.sh"]
END
succeeds cairn build -t slim .
lacks "$err" "exit 9"

same "$(cairn run slim)" "made by 0:0"
same "$(cairn run slim sh -c 'id -un; pwd; ls /ballast /out 2>&1' | tr '\n' ' ')" \
  "ann /home/ann ls: /ballast: No such file or directory ls: /out: No such file or directory "
code=0; cairn run slim sh -c 'exit 42' || code=$?
same "$code" 42
same "$(image_id slim | cut -c1-7)" "sha256:"
