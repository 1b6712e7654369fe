# SPDX-License-Identifier: Apache-2.0
"""docker buildx with the daemon's own BuildKit.

DOCKER is the command (default docker), DOCKER_HOST the daemon as ever, DOCKERD_PID its process id where no
/var/run/docker.pid tells; without one the daemon's CPU and memory are not counted.

Its build cache is not ours to empty: unless --prune-peers was said, a cold build starts from a base image
with one new file, which no cache knows. (Contexts still come by difference from the last time.)
"""
import os
import pathlib
import re
import shlex
import shutil
import tarfile
import time

from harness import run
from peers import Builder, Daemon
import workloads


class Docker(Builder):
    name = "docker"

    def __init__(self, bench):
        super().__init__(bench)
        self.command = shlex.split(os.environ.get("DOCKER", "docker"))

    def version(self):
        text = run([*self.command, "version", "--format", "{{.Server.Version}}"]).strip()
        buildx = run([*self.command, "buildx", "version"]).split()[1]
        pid = os.environ.get("DOCKERD_PID") or read_pid("/var/run/docker.pid")
        self.daemon = Daemon(int(pid)) if pid else None
        return f"{text} (buildx {buildx}{'' if self.daemon else '; the daemon is not counted'})"

    def empty(self):
        names = run([*self.command, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]).split()
        ours = [name for name in names if re.match(r"cairn-bench-|127\.0\.0\.1:\d+/cairn-bench/", name)]
        if ours:
            run([*self.command, "image", "rm", "--force", *ours])
        if self.bench.prune_peers:
            run([*self.command, "builder", "prune", "--all", "--force"])

    def load_base(self):
        tar = self.bench.directory / "base-docker.tar"
        shutil.copy(workloads.base_tar(self.bench), tar)
        with tarfile.open(tar, "a") as archive:
            archive.addfile(tarfile.TarInfo(f"./etc/sample-{time.time_ns()}"))
        run([*self.command, "import", "--change", 'CMD ["/bin/sh"]', tar, workloads.BASE])

    def build(self, workload, target=None):
        return [*self.command, "buildx", "build", "--quiet", "--load", "--provenance=false", "--network=host",
                *(["--target", target] if target else []), "-t", workload.tag, workload.directory]

    def save(self, workload, file):
        return [*self.command, "save", "-o", file, workload.tag]

    # The daemon compresses by gzip and only on a push; zstd needs its containerd image store.
    def export(self, workload, compression, file):
        if compression == "zstd":
            return [*self.command, "buildx", "build", "--quiet", "--provenance=false", "--output",
                    f"type=oci,dest={file},compression=zstd,force-compression=true", workload.directory]
        repository = "cairn-bench/pushed"
        shutil.rmtree(self.bench.directory / "registry/docker/registry/v2/repositories" / repository,
                      ignore_errors=True)
        reference = f"{self.bench.registry()}/{repository}"
        run([*self.command, "tag", workload.tag, reference])
        return [*self.command, "push", "--quiet", reference]

    def pull(self, reference):
        return [*self.command, "pull", "--quiet", reference]


def read_pid(path):
    try:
        return pathlib.Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None
