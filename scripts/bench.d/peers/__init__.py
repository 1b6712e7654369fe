# SPDX-License-Identifier: Apache-2.0
"""Who is measured: cairn and, where they are installed, the other builders. A file each.

Each has a store of its own in the benchmark's directory, or, being a daemon, touches nothing but images
that are called cairn-bench-*.
"""
import abc
import os
import pathlib

from harness import run


class Builder(abc.ABC):
    """One builder. The methods named for what is timed give the command that does it."""
    name = ""
    daemon = None   # who works beside the command, and is to be counted with it
    state = None    # the workload that was built last, with its version

    def __init__(self, bench):
        self.bench = bench

    @abc.abstractmethod
    def version(self):
        """Its version, or Failed when it is not there or does not work."""

    @abc.abstractmethod
    def empty(self):
        """Leaves nothing in its store."""

    @abc.abstractmethod
    def load_base(self):
        """Puts the base image into its store, unpacked."""

    @abc.abstractmethod
    def build(self, workload, target=None):
        """Builds into its store."""

    @abc.abstractmethod
    def save(self, workload, file):
        """Writes the built image to an archive with plain layers."""

    @abc.abstractmethod
    def export(self, workload, compression, file):
        """Gives the built image away with its layers compressed, gzip or zstd."""

    @abc.abstractmethod
    def pull(self, reference):
        """Has the image of a registry in its store, unpacked."""

    # --- states ---

    def reset(self):
        self.state = None
        self.empty()
        self.load_base()

    def built(self, workload):
        """Leaves the store as right after the first build of `workload`, or after a build of its changes."""
        wanted = (workload.name, workload.version)
        if self.state == wanted:
            return
        if not self.state or self.state[0] != workload.name:
            self.reset()
        run(self.build(workload))
        self.state = wanted


class Daemon:
    """CPU and memory of a daemon and its living children, by their process ids."""
    ticks = os.sysconf("SC_CLK_TCK")

    def __init__(self, pid):
        self.pid = pid

    def family(self):
        parents = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                fields = stat_of(int(entry.name))
                if fields:
                    parents.setdefault(int(fields[1]), []).append(int(entry.name))
        found = [self.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu(self):
        """Seconds so far, of those who ended too once they were waited for."""
        total = 0
        for pid in self.family():
            fields = stat_of(pid)
            total += sum(int(field) for field in fields[11:15]) if fields else 0
        return total / self.ticks

    def forget_peak(self):
        for pid in self.family():
            try:
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
            except OSError:
                pass

    def peak_mib(self):
        peaks = [0]
        for pid in self.family():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            except OSError:
                continue
            peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
        return max(peaks)


def stat_of(pid):
    """The fields of /proc/PID/stat from the state on."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
