# SPDX-License-Identifier: Apache-2.0
"""The place of a benchmark: its directory, its programs, and how one sample is taken.

Everything lies in one directory, on one file system: the contexts and trees (made once and kept), the
stores (emptied between samples) and what floors write. What is discarded goes to a trash directory by rename,
and the trash is emptied at the end: after many files were deleted, ext4 makes new ones several times slower for
minutes, since it keeps away from inodes freed lately.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
# What a floor program needs beside the C++ library; those not listed are linked statically.
LIBRARIES = {"scan": ["crypto"], "links": ["crypto"], "copy": ["crypto"], "tar": ["crypto"],
             "digest": ["crypto"], "create": ["crypto"], "compress": ["crypto", "isal", "zstd"],
             "inflate": ["crypto", "isal"]}


# What the largest row discards, with some to spare.
ROOM_BYTES = 25 << 30


class Failed(Exception):
    """A command failed, or a needed thing is not there; the text is for people."""


def run(command, **options):
    """Runs a command outside of any timing; its output, or Failed with the end of it."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)[:200]}: {last_line(done.stdout)}")
    return done.stdout


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "(no output)"


class Bench:
    def __init__(self, directory, cairn, prune_peers):
        self.directory = directory
        self.cairn = cairn
        self.prune_peers = prune_peers
        self.log = directory / "log"
        self.registry_address = None
        self.registry_process = None
        for name in ("bin", "context", "tree", "scratch", "trash", "store"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        # Only what the command line says shall decide, and loopback needs no proxy.
        for name in ("CAIRN_ROOT", "BUILDKIT_PROGRESS", "SOURCE_DATE_EPOCH"):
            os.environ.pop(name, None)
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"

    # --- programs ---

    def program(self, name):
        """A floor program, compiled when its source is newer."""
        source = HERE / "floors" / f"{name}.cc"
        binary = self.directory / "bin" / name
        newest = max(path.stat().st_mtime for path in (source, *source.parent.glob("*.h")))
        if not binary.exists() or binary.stat().st_mtime < newest:
            libraries = LIBRARIES.get(name)
            how = ["-static"] if libraries is None else [f"-l{library}" for library in libraries]
            compiler = os.environ.get("CXX", "g++").split()
            run([*compiler, "-std=c++20", "-O2", "-pthread", "-o", binary, source, *how])
        return binary

    # --- places ---

    def scratch(self, name):
        """A path at which nothing is."""
        path = self.directory / "scratch" / name
        self.discard(path)
        return path

    def discard(self, path):
        if os.path.lexists(path):
            path.rename(self.directory / "trash" / f"{path.name}-{time.monotonic_ns()}")

    def make_room(self):
        """Between rows: empties the trash early where the disk asks for it."""
        if shutil.disk_usage(self.directory).free < ROOM_BYTES:
            self.empty_trash()
        self.settle()

    def empty_trash(self):
        for path in (self.directory / "trash").iterdir():
            remove(path)

    # --- samples ---

    def settle(self):
        """What earlier work left to be written is not the next one's to wait for."""
        os.sync()

    def measure(self, command, times=1, daemon=None):
        """A command run so many times in a row: seconds of each and the peak RSS of the largest process."""
        result = self.directory / "measured"
        before = daemon.cpu() if daemon else 0
        if daemon:
            daemon.forget_peak()
        with open(self.log, "w", encoding="utf-8") as log:
            words = [str(word) for word in (self.program("measure"), times, result, *command)]
            status = subprocess.run(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode
        if status != 0:
            raise Failed(last_line(self.log.read_text(encoding="utf-8", errors="replace")))
        wall, user, system, rss = (float(word) for word in result.read_text(encoding="utf-8").split())
        cpu, rss_mib = user + system, rss / 1024
        if daemon:
            cpu, rss_mib = cpu + daemon.cpu() - before, max(rss_mib, daemon.peak_mib())
        return {"wall": wall / times, "cpu": cpu / times, "rss_mib": rss_mib}

    # --- a registry of our own ---

    def registry(self):
        """Its address. It starts when it is first needed, ends with us, and keeps what it was given."""
        if self.registry_address:
            return self.registry_address
        if not shutil.which("docker-registry"):
            raise Failed("docker-registry is not installed")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        settings = {"version": "0.1", "log": {"level": "error", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": str(self.directory / "registry")}},
                    "http": {"addr": address}}
        path = self.directory / "registry.yml"
        path.write_text(json.dumps(settings), encoding="utf-8")
        # It takes REGISTRY_* variables for settings of its own.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        self.registry_process = subprocess.Popen(["docker-registry", "serve", str(path)], env=environment,
                                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            time.sleep(0.05)
            if self.registry_process.poll() is not None:
                break
            try:
                fetch(f"http://{address}/v2/")
            except OSError:
                continue
            self.registry_address = address
            return address
        raise Failed("docker-registry does not start")

    def close(self):
        if self.registry_process:
            self.registry_process.terminate()
            self.registry_process.wait()
        for path in [*(self.directory / "store").glob("cairn*"), *(self.directory / "scratch").iterdir()]:
            self.discard(path)
        self.empty_trash()


def fetch(url, accept="*/*"):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as answer:
        return answer.read()


def remove(path):
    """A tree, be it ours or that of our subordinate ids."""
    if subprocess.run(["rm", "-rf", str(path)], stderr=subprocess.DEVNULL).returncode != 0 and os.geteuid() != 0:
        subprocess.run(["unshare", "--map-root-user", "--map-auto", "rm", "-rf", str(path)], check=False)
