#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms include rooms of lower levels only, as the table in the house style says.

Reads every #include "..." below src/, overlay/ and sandbox/ and holds it against the table; also that
nothing is printed but through cli/result.h and write_to_stderr(), that the kernel is called in
base/sys/, overlay/ and sandbox/ alone, and where exceptions are caught.  Usage: check_includes.py TOP
"""
import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": set(),
    "progress": {"base"},
    "oci": {"base"},
    "overlay": {"base"},
    "sandbox": {"base"},
    "dockerfile": {"base"},
    "plan": {"base", "dockerfile", "oci"},
    "store": {"base", "oci"},
    "registry": {"base", "oci", "progress"},
    "source": {"base", "dockerfile", "oci", "plan", "store", "registry", "progress"},
    "cache": {"base", "oci", "plan", "store", "registry"},
    "snapshots": {"base", "oci", "overlay", "store"},
    "exec": {"base", "overlay", "progress", "sandbox", "snapshots"},
    "solver": {"base", "oci", "plan", "cache", "exec", "snapshots", "source", "store", "sandbox", "overlay", "progress"},
    "output": {"base", "oci", "snapshots", "store", "registry", "overlay", "progress"},
}
# What mounts, and what knows that a snapshot is a stack of directories.
OF_SNAPSHOTS = {"overlay/mount.h", "overlay/diff.h", "overlay/layer_marks.h"}
EVERYTHING = set(MAY_INCLUDE) | {"cli"}
MAY_INCLUDE["cli"] = EVERYTHING - {"cli"}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
PRINT = re.compile(r"\bfmt::print\(|\bstd::(cout|cerr|clog|puts)\b|\b(printf|puts|fputs|putchar|fwrite)\(")

# Calls that change something or take a descriptor. What only asks (getenv, isatty, getuid, the clock) may
# stand anywhere.
SYSTEM_CALLS = """
    accept accept4 bind chdir chmod chown chroot clone close connect creat dup dup2 dup3 epoll_ctl epoll_wait eventfd
    execv execve execvp faccessat fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fdopendir flock
    fork fstat fstatat fstatfs fsync ftruncate futimens getdents64 getxattr inotify_init1 ioctl kill lchown link
    linkat listen listxattr lseek lstat mkdir mkdirat mkdtemp mkfifo mkostemp mknod mknodat mkstemp mmap mount
    munmap nanosleep open openat opendir pause pipe pipe2 poll posix_fadvise posix_spawn ppoll prctl pread preadv
    pselect pthread_sigmask pwrite pwritev read readdir readlink readlinkat readv recv recvfrom recvmsg removexattr
    rename renameat renameat2 rmdir select send sendfile sendmsg sendto setgid setgroups setns setpgid setrlimit
    setsid setsockopt setuid setxattr shutdown sigaction signal signalfd sigprocmask sigtimedwait sigwait socket
    socketpair splice stat statfs statx symlink symlinkat sync sync_file_range syncfs syscall sysinfo truncate umask
    umount umount2 unlink unlinkat unshare usleep utimensat vfork wait waitid waitpid write writev
""".split()
SYSTEM_CALL = re.compile(r"(?<![\w>])::(" + "|".join(SYSTEM_CALLS) + r")\(")

# What stands elsewhere today, by room and file name, with the reason. The list may only shrink: what is
# no longer there has to go from here, too.
SYSTEM_CALLS_ELSEWHERE = {
    # Signals are this program's own affair: it has one handler, and dies of SIGPIPE as others do.
    "cli/main.cc": {"signal"},
    "cli/session.cc": {"pthread_sigmask", "sigaction", "signal", "sigwait", "umask"},
    # The bytes between the caller's standard streams and a container's.
    "cli/streams.cc": {"fcntl", "poll", "read", "write"},
    "cli/terminal.cc": {"poll", "read", "write"},
    # Both outputs of a step at once, in the order in which they come.
    "exec/step_output.cc": {"poll"},
    # libcurl asks for a socket, to an address that was looked over first.
    "registry/curl_exchange.cc": {"socket"},
    # Starts to write blobs to the disk before they are synced.
    "store/blob_store.cc": {"sync_file_range"},
    # Whether SQLite left a log beside its database.
    "store/database.cc": {"stat"},
    # Locks that other processes see, and the files that hold them.
    "store/lease.cc": {"chmod", "fchmod", "flock", "mkdir", "mkostemp", "unlink"},
    "store/leftovers.cc": {"flock"},
    # A store is made private before anything is in it, whoever's directory it is made in.
    "store/place.cc": {"chmod", "faccessat", "fchmod", "fchmodat", "mkdir", "mkdirat", "openat"},
}

# Where exceptions are caught, by file: how often, and why. The list may only shrink.
CATCHES = {
    "src/base/error.h": 1,  # amend()
    "src/base/attempt.h": 4,  # Errors as values; what ends a thread or a process
    # The exceptions of a library become values or Errors.
    "src/base/json.h": 1,
    "src/base/thread_pool.cc": 1,
    "src/cli/main.cc": 1,
    "src/cli/store/usage_text.cc": 1,
    "src/registry/registries_conf.cc": 1,
}


def complaints_about_catches(top):
    found = {}
    for folder in ("src", "overlay", "sandbox"):
        for path in (top / folder).rglob("*"):
            if path.suffix in (".h", ".cc"):
                count = sum("catch (" in line.split("//")[0] for line in path.read_text().splitlines())
                if count:
                    found[str(path.relative_to(top))] = count
    for name in sorted(found.keys() | CATCHES.keys()):
        if found.get(name, 0) > CATCHES.get(name, 0):
            yield f"{name}: catches more than it may: base/attempt.h makes a value of an Error"
        elif found.get(name, 0) < CATCHES.get(name, 0):
            yield f"{name} catches less: lower its number in check_includes.py"


def room_of(path, top):
    parts = path.relative_to(top).parts
    return parts[1] if parts[0] == "src" else parts[0]


def system_calls(path, top):
    """The complaints about a file, and of those that are excepted the pairs of file and call."""
    name = f"{room_of(path, top)}/{path.name}"
    excepted = SYSTEM_CALLS_ELSEWHERE.get(name, set())
    found, used = [], set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for call in SYSTEM_CALL.findall(line.split("//")[0]):
            if call in excepted:
                used.add((name, call))
            else:
                found.append(f"{path.relative_to(top)}:{number}: ::{call}() belongs in base/sys/, overlay/ or sandbox/")
    return found, used


def complaints_about_calls(top):
    unused = {(name, call) for name, calls in SYSTEM_CALLS_ELSEWHERE.items() for call in calls}
    for path in sorted((top / "src").rglob("*")):
        if path.suffix in (".h", ".cc") and top / "src/base/sys" not in path.parents:
            found, used = system_calls(path, top)
            yield from found
            unused -= used
    for name, call in sorted(unused):
        yield f"{name} has no ::{call}() any more: take it from the list in check_includes.py"


def complaints_about_includes(top):
    for folder in ("src", "overlay", "sandbox"):
        for path in sorted((top / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            room = room_of(path, top)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                where = f"{path.relative_to(top)}:{number}"
                if PRINT.search(line):
                    yield f"{where}: results are printed by cli/result.h, all else by write_to_stderr()"
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = match.group(1).split("/")[0]
                if match.group(1) in OF_SNAPSHOTS and room not in ("overlay", "snapshots"):
                    yield f"{where}: what a snapshot is on disk is known in snapshots/ alone"
                if target not in EVERYTHING:
                    yield f"{where}: {match.group(1)} names no room"
                elif target != room and target not in MAY_INCLUDE[room]:
                    yield f"{where}: {room} may not include {target}"
                elif target != room and "/internal/" in match.group(1):
                    yield f"{where}: {match.group(1)} is internal to {target}"


def main():
    top = pathlib.Path(sys.argv[1]).resolve()
    found = [*complaints_about_includes(top), *complaints_about_calls(top), *complaints_about_catches(top)]
    print("\n".join(found) or "every include goes down; system calls and catches are where they belong")
    return 1 if found else 0


sys.exit(main())
