# ADD of files and repositories that are fetched.
FROM scratch
ADD https://example.org/files/one.tar.gz /downloads/
ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \
  https://example.org/two.txt /two
ADD --unpack=true https://example.org/three.tgz /three/
ADD https://example.org/project.git#v1.0:docs /docs/
ADD --keep-git-dir=true --checksum=0123456789abcdef0123456789abcdef01234567 \
  git@example.org:team/project.git#main /project/
ADD --link --chown=1:1 https://user:password@example.org/private.txt /private
