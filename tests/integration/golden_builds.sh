#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The digests and the keys of a build that has a line of every kind, against golden_builds.txt: no change of the
# program that is not meant to change them may do so. CAIRN_TEST_ACCEPT=1 writes that file anew.
# The base image is the host's own busybox, so its key stands there as BASE, and each other key as its inputs.
. "$(dirname "$0")/lib.sh"
have python3
base_image
mkdir -p ctx/dir/sub arch
printf one >ctx/one
printf two >ctx/dir/two
printf three >ctx/dir/sub/three.md
ln -s two ctx/dir/link
ln ctx/dir/two ctx/dir/again
printf member >arch/member
find ctx arch -exec touch -h -d @1600000000 {} +
find ctx arch -type d -exec chmod 755 {} +
find ctx arch -type f -exec chmod 644 {} +
tar --sort=name --owner=5 --group=6 -C arch -cf ctx/arch.tar member
touch -d @1600000000 ctx/arch.tar
printf secret >secret
cat >Dockerfile <<'END'
FROM base AS first
ARG GIVEN=default
ENV A=1 B="two words"
WORKDIR /work/deep
COPY one ./
COPY --chown=3:4 --chmod=640 dir/ /dir/
COPY --exclude=**/*.md dir /less
RUN echo $GIVEN >given && touch -d @1500000000 given . .. /
RUN --mount=type=cache,target=/cache,uid=7 --mount=type=bind,source=dir,target=/bound --mount=type=tmpfs,target=/t \
  cp /bound/two /kept && touch -d @1500000000 /kept /
RUN --mount=type=secret,id=s,env=S,required=true --network=none : && ln -s kept /soft && touch -h -d @1500000000 /soft /
COPY <<END2 /inline
inline text
END2

FROM scratch AS second
ADD arch.tar /unpacked/
ADD --unpack=false arch.tar /packed/
COPY --link one /linked/

FROM base
COPY --from=first /dir /work/deep/given /from/
COPY --from=second --link / /all/
RUN --mount=from=first,source=/dir,target=/first --mount=type=ssh cp /first/two /last && touch -d @1500000000 /last /
RUN <<END3
echo script >/scripted
touch -d @1500000000 /scripted /
END3
USER 3
CMD ["true"]
END
SOURCE_DATE_EPOCH=1550000000 succeeds cairn build --build-arg GIVEN=x --secret id=s,src=secret \
  --output type=oci,dest="$scratch/image.tar",rewrite-timestamp=true -f Dockerfile ctx
mkdir "$scratch/layout"
tar -C "$scratch/layout" -xf "$scratch/image.tar"
cat >"$scratch/show.py" <<'END'
import json, sqlite3, sys
layout, store = sys.argv[1:]
read = lambda digest: json.load(open(f"{layout}/blobs/{digest.replace(':', '/')}"))
config = read(read(json.load(open(f"{layout}/index.json"))["manifests"][0]["digest"])["config"]["digest"])
print("layers")
base = 1
for digest in config["rootfs"]["diff_ids"][base:]:
    print(" ", digest)
print("config")
print(" ", json.dumps({k: v for k, v in config.items() if k not in ("rootfs", "history", "architecture")}, sort_keys=True))
for line in config["history"][base:]:
    print(" ", json.dumps(line, sort_keys=True))
database = sqlite3.connect(f"{store}/cairn.db")
# Steps by their inputs. What a key stands on that is no step is the base image, or nothing at all.
steps = {}
for key, inputs in database.execute("SELECT key, inputs FROM cache_records"):
    inputs = json.loads(inputs)
    if isinstance(inputs, list) and inputs and list(inputs[0])[:1] == ["op"]:
        steps[key] = inputs
empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
def text(inputs, name_of):
    named = lambda name, value: name_of(value) if value in steps else \
        "BASE" if name in ("parent", "from") and value != empty else \
        "HOST" if name == "platform" else value
    return " ".join(f"{name}={named(name, value)!r}" for name, value in inputs)
def whole(key):
    return text(steps[key], whole)
order = sorted(steps, key=lambda key: (len(whole(key)), whole(key)))
print("keys")
for key in order:
    print(f"  step {order.index(key)}:", text(steps[key], lambda other: f"step {order.index(other)}"))
END
python3 "$scratch/show.py" "$scratch/layout" "$CAIRN_ROOT" >"$out"
golden=$(dirname "$0")/golden_builds.txt
[ -z "${CAIRN_TEST_ACCEPT:-}" ] || cp "$out" "$golden"
diff -u "$golden" "$out" >&2 || fail "digests or keys are not those of golden_builds.txt"

# Keys say nothing of the store: another one with the same base image has the same.
keys() { python3 -c 'import sqlite3, sys
print(*sorted(row[0] for row in sqlite3.connect(sys.argv[1]).execute("SELECT key FROM cache_records")))' "$1/cairn.db"; }
succeeds cairn save -o "$scratch/base.tar" base
(
  export CAIRN_ROOT=$scratch/other
  succeeds cairn load -i "$scratch/base.tar"
  SOURCE_DATE_EPOCH=1550000000 succeeds cairn build --build-arg GIVEN=x --secret id=s,src=secret -f Dockerfile ctx
)
same "$(keys "$CAIRN_ROOT")" "$(keys "$scratch/other")" "keys of two stores"
