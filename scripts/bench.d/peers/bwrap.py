# SPDX-License-Identifier: Apache-2.0
"""bubblewrap, no builder: one process in namespaces of its own, by the leanest tool that is common.

BWRAP is the command (default bwrap).
"""
import os
import shlex
import shutil

from harness import Failed, run


class Bwrap:
    name = "bwrap"
    daemon = None

    def __init__(self, bench):
        self.bench = bench
        self.command = shlex.split(os.environ.get("BWRAP", "bwrap"))

    def version(self):
        if not shutil.which(self.command[0]):
            raise Failed("not installed")
        return run([*self.command, "--version"]).split()[-1]

    def step(self, root, script):
        """The script on a root file system that it may write to."""
        return [*self.command, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--bind", root,
                "/", "--proc", "/proc", "--dev", "/dev", "/bin/sh", "-c", script]
