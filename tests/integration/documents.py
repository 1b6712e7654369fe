#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What documents for users say of the command line and of other files.  Usage: documents.py CAIRN FILE...

- A relative link leads to a file that is there.
- In a block of ```console, a command of cairn is one that `cairn help` knows, and so are its flags.
Prints what is wrong, with its place; exits with 1 when anything is.
"""
import functools
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.S | re.M)
# A quoted text, or anything else without blanks.
WORD = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s|;&<>]+|[|;&<>]")
FLAG = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")


@functools.cache
def help_of(cairn, *command):
    shown = subprocess.run([cairn, "help", *command], capture_output=True, text=True)
    return shown.stdout if shown.returncode == 0 else None


@functools.cache
def flags_of(cairn, *command):
    return set(FLAG.findall(help_of(cairn) + help_of(cairn, *command)))


def commands_in(block):
    """The lines behind "$ ", with the lines they go on in, each without its comment."""
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            yield re.sub(r"\s# .*", "", line[2:])


def calls_in(command):
    """The words of each call of cairn, up to the end of the simple command it stands in."""
    words = WORD.findall(command)
    for at, word in enumerate(words):
        if word == "cairn":
            call = []
            for following in words[at + 1:]:
                if following in "|;&<>":
                    break
                call.append(following)
            yield call


def command_of(cairn, call):
    """The longest command that the call begins with, or None."""
    for length in (2, 1):
        if len(call) >= length and not any(w.startswith("-") for w in call[:length]):
            if help_of(cairn, *call[:length]) is not None:
                return call[:length]
    return None


def unknown_flags(cairn, call):
    command = command_of(cairn, call)
    known = flags_of(cairn, *command)
    for word in call[len(command):]:
        name = word.split("=")[0]
        if not name.startswith("-") or name == "-":
            # What follows the image of a run is another program's.
            if command == ["run"]:
                return
            continue
        letters = [f"-{letter}" for letter in name[1:]]
        if name not in known and (name.startswith("--") or not set(letters) <= known):
            yield name


def wrong_calls(cairn, text):
    for block in CONSOLE.findall(text):
        for command in commands_in(block):
            for call in calls_in(command):
                if command_of(cairn, call) is None:
                    yield f"no such command: cairn {' '.join(call)}"
                    continue
                for flag in unknown_flags(cairn, call):
                    yield f"no such flag: {flag} in: cairn {' '.join(call)}"


def wrong_links(path, text):
    for target in LINK.findall(text):
        if "://" in target or target.startswith("#"):
            continue
        if not (path.parent / target.split("#")[0]).exists():
            yield f"no such file: {target}"


def main():
    cairn, *files = sys.argv[1:]
    found = False
    for path in map(pathlib.Path, files):
        text = path.read_text()
        for wrong in [*wrong_links(path, text), *wrong_calls(cairn, text)]:
            print(f"{path}: {wrong}")
            found = True
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
