# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: what is built, from which state, what the floor of that is, and the targets.

A cold row starts from an emptied store that has the base image, unpacked; the page cache is warm. The floor
is what the kernel and one library must do for the same result, on the same file system.
"""
import dataclasses
import json
import os
import tarfile
import zlib

from harness import Failed, fetch, run
from peers.cairn import Cairn
import workloads

CORES = len(os.sched_getaffinity(0))


@dataclasses.dataclass
class Targets:
    floor: float = None   # cairn takes at most so many times the floor
    peer: float = None    # the best builder takes at least so many times cairn's time
    bwrap: float = None   # and so does bubblewrap


class Row:
    """One row. Subclasses say what is prepared, untimed, and which command is timed."""
    title = ""
    floor_is = ""
    targets = Targets()
    times = 1        # a command of few milliseconds is repeated; the result is that of one
    family = None    # of rows that differ in size alone: (family, size)

    def __init__(self, name):
        self.name = name

    def prepare(self, bench, builder):
        raise NotImplementedError

    def command(self, bench, builder):
        raise NotImplementedError

    def built(self, builder):
        """What a builder's store holds after the command: a workload, or None when it is of no more use."""
        return None

    def facts(self, bench, builder):
        """What else a sample should hold."""
        return {}

    def floor(self, bench):
        """A sample of the floor."""
        raise NotImplementedError

    def bwrap(self, bench, bwrap):
        """A sample of bubblewrap, where that compares."""
        return None

    def describe(self):
        return {"row": self.name, "title": self.title, "floor_is": self.floor_is, "family": self.family,
                "targets": dataclasses.asdict(self.targets)}


def largest(samples):
    """Of things that are done side by side."""
    return {"wall": max(s["wall"] for s in samples), "cpu": sum(s["cpu"] for s in samples),
            "rss_mib": max(s["rss_mib"] for s in samples)}


class Steps(Row):
    floor_is = "clone3 + overlay + exec loop"
    targets = Targets(floor=2.5, peer=30, bwrap=1)

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count
        self.title = f"{count} x `RUN true`, cold"

    def prepare(self, bench, builder):
        builder.reset()

    def command(self, bench, builder):
        return builder.build(workloads.steps(bench, self.count))

    def built(self, builder):
        return workloads.steps(builder.bench, self.count)

    def floor(self, bench):
        directory = bench.scratch("steps")
        directory.mkdir()
        return bench.measure([bench.program("steps"), self.count, workloads.base_root(bench), directory])

    def bwrap(self, bench, bwrap):
        sample = bench.measure(bwrap.step(workloads.base_root(bench), "true"), times=self.count)
        return {**sample, "wall": sample["wall"] * self.count, "cpu": sample["cpu"] * self.count}


class Again(Row):
    """A build that finds nothing to do."""
    times = 20

    def __init__(self, name, make):
        super().__init__(name)
        self.make = make

    def prepare(self, bench, builder):
        builder.built(self.make(bench))

    def command(self, bench, builder):
        return builder.build(self.make(bench))

    def built(self, builder):
        return self.make(builder.bench)


class Cached(Again):
    floor_is = "cairn's own no-op build of 200 files"
    targets = Targets(floor=2, peer=30)

    def __init__(self, name, count):
        super().__init__(name, lambda bench: workloads.steps(bench, count))
        self.title = f"{count} x `RUN true`, all cached"
        self.other = None

    def floor(self, bench):
        self.other = self.other or Cairn(bench, store="cairn-other")
        context = workloads.files(bench, 200)
        self.other.built(context)
        return bench.measure(self.other.build(context), times=self.times)


class Noop(Again):
    title = "nothing changed, 200 files"
    floor_is = "exec of a static `true`"
    targets = Targets(floor=4, peer=12)

    def __init__(self, name):
        super().__init__(name, lambda bench: workloads.files(bench, 200))

    def floor(self, bench):
        return bench.measure([bench.program("true")], times=self.times)


class NoopFiles(Again):
    floor_is = "walk + statx + sort"
    targets = Targets(floor=1.5, peer=20)
    times = 3

    def __init__(self, name, count):
        super().__init__(name, lambda bench: workloads.files(bench, count))
        self.count = count
        self.title = f"nothing changed, {count} files"

    def floor(self, bench):
        tree = workloads.files(bench, self.count).directory
        return bench.measure([bench.program("scan"), tree], times=self.times)


class ChangeFiles(Row):
    floor_is = "walk + linkat loop + that file"
    targets = Targets(floor=2, peer=20)

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count
        self.title = f"one of {count} files changed"

    def workload(self, bench):
        return workloads.files(bench, self.count)

    def prepare(self, bench, builder):
        builder.built(self.workload(bench))
        workloads.change_one(self.workload(bench))

    def command(self, bench, builder):
        return builder.build(self.workload(bench))

    def built(self, builder):
        return self.workload(builder.bench)

    def floor(self, bench):
        twin = workloads.files_twin(bench, self.count)
        return bench.measure([bench.program("links"), twin, bench.scratch("links"), workloads.CHANGING_FILE])


class CopyFiles(Row):
    floor_is = "read + SHA-256 + write, all cores"
    targets = Targets(floor=1.6, peer=5)

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count
        self.title = f"COPY {count} files, cold"

    def workload(self, bench):
        return workloads.files(bench, self.count)

    def prepare(self, bench, builder):
        builder.reset()

    def command(self, bench, builder):
        return builder.build(self.workload(bench))

    def built(self, builder):
        return self.workload(builder.bench)

    def floor(self, bench):
        return bench.measure([bench.program("copy"), self.workload(bench).directory, bench.scratch("copy")])


class RunFiles(Row):
    floor_is = "the same script in bwrap"
    targets = Targets(floor=1.1, peer=1.5)

    def __init__(self, name, count, bwrap):
        super().__init__(name)
        self.count = count
        self.inner = bwrap
        self.title = f"RUN making {count} files"

    def prepare(self, bench, builder):
        builder.reset()

    def command(self, bench, builder):
        return builder.build(workloads.many_files(bench, self.count))

    def built(self, builder):
        return workloads.many_files(builder.bench, self.count)

    def floor(self, bench):
        if not self.inner:
            raise Failed("needs bwrap")
        root = bench.scratch("bwrap")
        run(["cp", "-a", workloads.base_root(bench), root])
        return bench.measure(self.inner.step(root, workloads.many_files_script(self.count)))


class TarFiles(Row):
    floor_is = "hand tar + SHA-256"
    targets = Targets(floor=1.4, peer=5)

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count
        self.title = f"layer of {count} files to tar"

    # The store may remember what it wrote before.
    def prepare(self, bench, builder):
        builder.state = None
        builder.built(workloads.many_files(bench, self.count))

    def command(self, bench, builder):
        return builder.save(workloads.many_files(bench, self.count), bench.scratch("saved.tar"))

    def floor(self, bench):
        tree = workloads.many_files_tree(bench, self.count)
        return bench.measure([bench.program("tar"), tree, bench.scratch("floor.tar")])


class Export(Row):
    floor_is = "max(SHA-256, codec by all cores)"

    def __init__(self, name, mebibytes, compression):
        super().__init__(name)
        self.mebibytes = mebibytes
        self.compression = compression
        self.title = f"{mebibytes} MiB layer to {compression}"
        # At least 70 % of the floor's rate.
        self.targets = Targets(floor=1 / 0.7, peer=5 if compression == "gzip" else 1.5)

    def workload(self, bench):
        return workloads.large_layer(bench, self.mebibytes)

    def archive(self, bench):
        return bench.directory / "scratch" / "exported.tar"

    def prepare(self, bench, builder):
        builder.state = None
        builder.built(self.workload(bench))
        bench.discard(self.archive(bench))

    def command(self, bench, builder):
        return builder.export(self.workload(bench), self.compression, self.archive(bench))

    def facts(self, bench, builder):
        if self.compression != "gzip" or not self.archive(bench).exists():
            return {}
        with tarfile.open(self.archive(bench)) as archive:
            size = max(member.size for member in archive)
        return {"bytes": size, "times_zlib_6": size / self.zlib_size(bench)}

    def zlib_size(self, bench):
        """What zlib makes of it at level 6. That takes long, so it is kept."""
        kept = bench.directory / f"zlib-size-{self.mebibytes}"
        if not kept.exists():
            compressor, size = zlib.compressobj(6), 0
            with open(self.workload(bench).directory / "large", "rb") as large:
                while piece := large.read(1 << 20):
                    size += len(compressor.compress(piece))
            kept.write_text(str(size + len(compressor.flush())), encoding="ascii")
        return int(kept.read_text(encoding="ascii"))

    def floor(self, bench):
        large = self.workload(bench).directory / "large"
        return largest([bench.measure([bench.program("digest"), large]),
                        bench.measure([bench.program("compress"), self.compression, large])])


class Pull(Row):
    floor_is = "max(inflate + digests, create + write)"
    targets = Targets(floor=1.5, peer=2.5)

    def __init__(self, name, mebibytes):
        super().__init__(name)
        self.mebibytes = mebibytes
        self.title = f"pull and unpack {mebibytes} MiB"

    def prepare(self, bench, builder):
        builder.state = None
        self.push(bench)
        builder.empty()

    def command(self, bench, builder):
        return builder.pull(self.reference(bench))

    def reference(self, bench):
        return f"{bench.registry()}/cairn-bench/image-{self.mebibytes}:latest"

    def push(self, bench):
        pushed = bench.directory / f"pushed-{self.mebibytes}"
        if pushed.exists():
            return
        cairn = Cairn(bench, store="cairn-push")
        cairn.reset()
        image = workloads.large_image(bench, self.mebibytes)
        image = dataclasses.replace(image, name="push")
        run([*cairn.command, "build", "-q", "-t", self.reference(bench), image.directory])
        run([*cairn.command, "push", "-q", self.reference(bench)])
        cairn.empty()
        pushed.touch()

    def layers(self, bench):
        """The registry's files of the image's layers, but the base, which is small."""
        name, _, tag = self.reference(bench).partition("/")[2].rpartition(":")
        url = f"http://{bench.registry()}/v2/{name}/manifests/{tag}"
        manifest = json.loads(fetch(url, "application/vnd.oci.image.manifest.v1+json"))
        digests = [layer["digest"].partition(":")[2] for layer in manifest["layers"][1:]]
        blobs = bench.directory / "registry/docker/registry/v2/blobs/sha256"
        return [blobs / digest[:2] / digest / "data" for digest in digests]

    def list_of_files(self, bench):
        """What the layers hold, as the floor wants to be told."""
        path = bench.directory / f"list-{self.mebibytes}"
        if not path.exists():
            root, lines = workloads.large_image(bench, self.mebibytes).directory, []
            for directory, below, names in os.walk(root):
                here = os.path.relpath(directory, root)
                if here != ".":
                    lines.append(f"- {here}")
                for file in names:
                    lines.append(f"{os.path.getsize(os.path.join(directory, file))} {here}/{file}")
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def floor(self, bench):
        self.push(bench)
        create = [bench.program("create"), self.list_of_files(bench), bench.scratch("created")]
        return largest([bench.measure([bench.program("inflate"), *self.layers(bench)]), bench.measure(create)])


class Stages(Row):
    floor_is = "CPU of all scripts / cores"

    def __init__(self, name, count, loops, targets):
        super().__init__(name)
        self.count = count
        self.loops = loops
        self.targets = targets
        self.title = f"{'CPU-bound' if loops >= 100000 else 'small'} stages: {count}"

    def prepare(self, bench, builder):
        builder.reset()

    def command(self, bench, builder):
        return builder.build(workloads.stages(bench, self.count, self.loops))

    def floor(self, bench):
        busybox = workloads.base_root(bench) / "bin/busybox"
        command = [busybox, "sh", "-c", workloads.stage_script(self.loops)]
        sample = bench.measure(command, times=self.count)
        cpu = sample["cpu"] * self.count
        return {**sample, "cpu": cpu, "wall": cpu / min(self.count, CORES)}


class CopyFrom(Row):
    floor_is = "linkat loop"
    targets = Targets(floor=1.5, peer=12)

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count
        self.title = f"COPY --from of {count} files"

    # The stage with the files is there already: the step itself is what is timed.
    def prepare(self, bench, builder):
        builder.reset()
        run(builder.build(workloads.copy_from(bench, self.count), target="tree"))

    def command(self, bench, builder):
        return builder.build(workloads.copy_from(bench, self.count))

    def floor(self, bench):
        tree = workloads.many_files_tree(bench, self.count)
        return bench.measure([bench.program("links"), tree, bench.scratch("links")])


def table(quick, bwrap):
    """The rows of the table."""
    def size(full, small):
        return small if quick else full
    files, many = size(50000, 5000), size(100000, 10000)
    large = size(1024, 64)
    long_loops, short_loops = size(1000000, 400000), 50000
    return [
        Steps("steps", size(100, 20)),
        Cached("cached", size(100, 20)),
        Noop("noop"),
        NoopFiles("noop-files", files),
        ChangeFiles("change-files", files),
        CopyFiles("copy-files", files),
        RunFiles("run-files", many, bwrap),
        TarFiles("tar-files", many),
        Export("gzip", large, "gzip"),
        Export("zstd", large, "zstd"),
        Pull("pull", size(500, 60)),
        Stages("stages", 8, long_loops, Targets(floor=1.1, peer=1)),
        Stages("small-stages", 8, short_loops, Targets(peer=3)),
        CopyFrom("copy-from", size(20000, 2000)),
    ]


def scaling(quick):
    """Rows that differ in size alone, to show how cost grows. They have no targets."""
    families = {
        "steps": ((1, 10, 100, 300), lambda name, n: Steps(name, n)),
        "files": ((1000, 10000, 100000), lambda name, n: CopyFiles(name, n)),
        "layer": ((10, 100, 1000), lambda name, n: Export(name, n, "gzip")),
        "stages": ((1, 2, 4, 8, 16, 32, 64), lambda name, n: Stages(name, n, 50000, Targets())),
    }
    rows = []
    for family, (sizes, make) in families.items():
        for n in sizes[:-1] if quick else sizes:
            row = make(f"{family}-{n}", n)
            row.family, row.targets = (family, n), Targets()
            rows.append(row)
    return rows
