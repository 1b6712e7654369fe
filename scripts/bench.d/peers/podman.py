# SPDX-License-Identifier: Apache-2.0
"""podman build, with a store of its own. PODMAN is the command (default podman)."""
from harness import run
from peers.buildah import Buildah


class Podman(Buildah):
    name = "podman"

    def empty(self):
        run([*self.command, "rm", "--all", "--force"])
        run([*self.command, "rmi", "--all", "--force"])

    def save(self, workload, file):
        return [*self.command, "save", "--quiet", "-o", file, workload.tag]
