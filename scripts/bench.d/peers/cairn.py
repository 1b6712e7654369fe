# SPDX-License-Identifier: Apache-2.0
"""cairn itself, with a store of its own."""
from harness import run
from peers import Builder
import workloads


class Cairn(Builder):
    name = "cairn"

    def __init__(self, bench, store="cairn"):
        super().__init__(bench)
        self.root = bench.directory / "store" / store
        self.command = [bench.cairn, "--root", self.root]

    def version(self):
        return run([self.bench.cairn, "version"]).split()[-1]

    def empty(self):
        self.bench.discard(self.root)

    def load_base(self):
        run([*self.command, "import", "--change", 'CMD ["/bin/sh"]', workloads.base_tar(self.bench), workloads.BASE])

    def build(self, workload, target=None):
        return [*self.command, "build", "-q", *(["--target", target] if target else []), "-t", workload.tag,
                workload.directory]

    def save(self, workload, file):
        return self.output(workload, f"type=docker,dest={file},compression=uncompressed")

    def export(self, workload, compression, file):
        return self.output(workload, f"type=oci,dest={file},compression={compression}")

    def output(self, workload, spec):
        return [*self.command, "build", "-q", "-o", spec, workload.directory]

    # A step on top, since cairn may well leave an image packed until somebody steps on it.
    def pull(self, reference):
        context = workloads.context(self.bench, "pull", [f"FROM {reference}", "RUN true"])
        return self.build(context)
