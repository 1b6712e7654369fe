#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file that src/README.md names is there: a map that names what has moved leads nowhere.
Usage: check_map.py TOP
"""
import pathlib
import re
import sys

FILE = re.compile(r"`([a-z_/-]+\.(?:cc|h|md|sh|build))`")


def main():
    top = pathlib.Path(sys.argv[1])
    text = (top / "src/README.md").read_text()
    gone = [name for name in FILE.findall(text) if not any((top / base / name).exists() for base in (".", "src"))]
    print("\n".join(f"src/README.md: {name} is not there" for name in gone) or "every file of the map is there")
    return 1 if gone else 0


sys.exit(main())
