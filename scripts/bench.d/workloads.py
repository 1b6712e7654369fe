# SPDX-License-Identifier: Apache-2.0
"""What is built: contexts and trees, made once, always the same for the same sizes."""
import dataclasses
import os
import pathlib
import random
import shutil
import tarfile
import time

from harness import Failed, remove, run

BASE = "cairn-bench-base"
CHANGING_FILE = "000/00/000000"  # below files/


@dataclasses.dataclass
class Workload:
    """A context with its Dockerfile."""
    name: str
    directory: pathlib.Path

    @property
    def tag(self):
        return f"cairn-bench-{self.name}"

    @property
    def version(self):
        """Another one after a change."""
        changing = self.directory / "files" / CHANGING_FILE
        return changing.stat().st_mtime_ns if changing.exists() else 0


def make_once(path, fill):
    """The directory, filled by `fill(directory)` unless that was done before, and done to its end."""
    if not path.exists():
        unfinished = path.with_name(path.name + ".part")
        remove(unfinished)
        unfinished.mkdir(parents=True)
        fill(unfinished)
        unfinished.rename(path)
    return path


def context(bench, name, lines, fill=lambda directory: None):
    directory = make_once(bench.directory / "context" / name, fill)
    write_if_new(directory / "Dockerfile", "\n".join(lines) + "\n")
    return Workload(name, directory)


def write_if_new(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


# --- the base image ---

def base_root(bench):
    """A root file system of a static busybox."""
    def fill(directory):
        busybox = shutil.which("busybox")
        if not busybox:
            raise Failed("busybox is not installed (package busybox-static)")
        for name in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "var"):
            (directory / name).mkdir()
        shutil.copy(busybox, directory / "bin/busybox")
        for applet in run([busybox, "--list"]).split():
            if applet != "busybox":
                (directory / "bin" / applet).symlink_to("busybox")
        (directory / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
        (directory / "etc/group").write_text("root:x:0:\n", encoding="utf-8")
    return make_once(bench.directory / "tree/base", fill)


def base_tar(bench):
    path = bench.directory / "base.tar"
    if not path.exists():
        def owned_by_root(member):
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            return member
        with tarfile.open(path.with_suffix(".part"), "w") as archive:
            archive.add(base_root(bench), ".", filter=owned_by_root)
        path.with_suffix(".part").rename(path)
    return path


# --- contexts ---

def steps(bench, count):
    return context(bench, f"steps-{count}", [f"FROM {BASE}"] + ["RUN true"] * count)


def small_files(count):
    """Files of 1 to 15 KiB, half text and half random, 50 in a directory."""
    def fill(directory):
        numbers = random.Random(4)
        words = [bytes(numbers.choices(range(97, 123), k=numbers.randint(2, 9))) for _ in range(4000)]
        text = b" ".join(numbers.choices(words, k=1 << 18))
        for i in range(count):
            below = directory / f"files/{i // 1000:03}/{i // 50 % 20:02}"
            if i % 50 == 0:
                below.mkdir(parents=True)
            size = numbers.randint(1 << 10, 15 << 10)
            start = numbers.randrange(len(text) - size)
            content = numbers.randbytes(size) if i % 2 else text[start:start + size]
            (below / f"{i:06}").write_bytes(content)
    return fill


def files(bench, count):
    return context(bench, f"files-{count}", [f"FROM {BASE}", "COPY files /files"], small_files(count))


def change_one(workload):
    with open(workload.directory / "files" / CHANGING_FILE, "r+b") as file:
        file.write(f"changed at {time.time_ns()} ".encode())


def files_twin(bench, count):
    """A copy of the files for floors to link from: a link changes the ctime of its inode, which would be a
    change of the context."""
    twin = bench.directory / f"tree/files-{count}"
    if not twin.exists():
        unfinished = twin.with_name(twin.name + ".part")
        remove(unfinished)
        run([bench.program("copy"), files(bench, count).directory / "files", unfinished])
        unfinished.rename(twin)
    return twin


def many_files_script(count):
    return (f"mkdir /t && cd /t && n=0 && while [ $n -lt {count // 1000} ]; do mkdir $n; i=0; "
            "while [ $i -lt 1000 ]; do echo $n.$i >$n/$i; i=$((i+1)); done; n=$((n+1)); done")


def many_files(bench, count):
    return context(bench, f"many-{count}", [f"FROM {BASE}", "RUN " + many_files_script(count)])


def many_files_tree(bench, count):
    """What many_files_script makes."""
    def fill(directory):
        for n in range(count // 1000):
            below = directory / str(n)
            below.mkdir()
            for i in range(1000):
                (below / str(i)).write_text(f"{n}.{i}\n", encoding="utf-8")
    return make_once(bench.directory / f"tree/many-{count}", fill)


def copy_from(bench, count):
    return context(bench, f"copy-from-{count}",
                   [f"FROM {BASE} AS tree", "RUN " + many_files_script(count), f"FROM {BASE}",
                    "COPY --from=tree /t /t"])


def host_files(largest):
    """Files of the host's /usr, always in the same order."""
    for directory, below, names in os.walk("/usr"):
        below.sort()
        for name in sorted(names):
            path = os.path.join(directory, name)
            if not os.path.islink(path) and os.path.isfile(path) and os.path.getsize(path) <= largest:
                yield path


def large_layer(bench, mebibytes):
    """One file of what images are full of: the host's /usr, programs and texts after each other."""
    def fill(directory):
        left = mebibytes << 20
        with open(directory / "large", "wb") as large:
            while left > 0:
                before = left
                for path in host_files(64 << 20):
                    try:
                        content = pathlib.Path(path).read_bytes()[:left]
                    except OSError:
                        continue
                    left -= large.write(content)
                    if left == 0:
                        break
                if left == before:
                    raise Failed("/usr is empty")
    return context(bench, f"large-{mebibytes}", [f"FROM {BASE}", "COPY large /large"], fill)


def stage_script(loops):
    return f"i=0; while [ $i -lt {loops} ]; do i=$((i+1)); done"


def stages(bench, count, loops):
    lines = []
    for i in range(count):
        lines += [f"FROM {BASE} AS s{i}", f"RUN {stage_script(loops)}; echo >/out{i}"]
    lines += [f"FROM {BASE}"] + [f"COPY --from=s{i} /out{i} /" for i in range(count)]
    return context(bench, f"stages-{count}-{loops}", lines)


def large_image(bench, mebibytes):
    """An image of three layers out of the host's /usr: what a compiler's image looks like to a pull."""
    def fill(directory):
        share = (mebibytes << 20) // 3
        layer, left = 0, share
        for path in host_files(32 << 20):
            try:
                content = pathlib.Path(path).read_bytes()
            except OSError:
                continue
            to = directory / f"layer{layer}{path}"
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content)
            left -= len(content)
            if left <= 0:
                layer, left = layer + 1, share
                if layer == 3:
                    return
        raise Failed(f"/usr has less than {mebibytes} MiB")
    return context(bench, f"image-{mebibytes}",
                   [f"FROM {BASE}"] + [f"COPY layer{i} /" for i in range(3)], fill)
