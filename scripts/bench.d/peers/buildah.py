# SPDX-License-Identifier: Apache-2.0
"""buildah with layers, with a store of its own. BUILDAH is the command (default buildah)."""
import os
import shlex

from harness import run
from peers import Builder
import workloads


class Buildah(Builder):
    name = "buildah"
    build_options = ["--layers"]

    def __init__(self, bench):
        super().__init__(bench)
        store = bench.directory / "store" / self.name
        self.command = [*shlex.split(os.environ.get(self.name.upper(), self.name)),
                        "--root", store / "root", "--runroot", store / "run"]

    def version(self):
        return run([*self.command, "--version"]).split()[2]

    def empty(self):
        run([*self.command, "rm", "--all"])
        run([*self.command, "rmi", "--all", "--force"])

    def load_base(self):
        run([*self.command, "pull", f"docker-archive:{base_archive(self.bench)}"])

    # Stages run one after another unless it is told otherwise.
    def build(self, workload, target=None):
        return [*self.command, "build", *self.build_options, "--quiet", "--pull=never", "--jobs=8", "--network=host",
                *(["--target", target] if target else []), "-t", workload.tag, workload.directory]

    def save(self, workload, file):
        return [*self.command, "push", "--quiet", workload.tag, f"docker-archive:{file}"]

    def export(self, workload, compression, file):
        return [*self.command, "push", "--quiet", f"--compression-format={compression}", workload.tag,
                f"oci-archive:{file}"]

    def pull(self, reference):
        return [*self.command, "pull", "--quiet", "--tls-verify=false", reference]


def base_archive(bench):
    """The base image as cairn saves it."""
    archive = bench.directory / "base-image.tar"
    if not archive.exists():
        from peers.cairn import Cairn
        cairn = Cairn(bench, store="cairn-save")
        cairn.reset()
        run([*cairn.command, "save", "-o", archive, workloads.BASE])
        cairn.empty()
    return archive
