#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pages of the manual as C++, for cli/manual.h.  Usage: embed.py OUTPUT PAGE.md...

A page begins with a line "# TOPIC: SUMMARY", where TOPIC is the name of its file.
"""
import pathlib
import sys

HEAD = """// Made by src/cli/manual/embed.py.
#include "cli/manual.h"

namespace cairn::cli {
namespace {

constexpr ManualPage kPages[] = {
"""
TAIL = """};

}  // namespace

std::span<const ManualPage> manual_pages() {
  return kPages;
}

}  // namespace cairn::cli
"""


def literal(text):
    if ')page"' in text:
        sys.exit('embed.py: a page contains )page"')
    return f'R"page({text})page"'


def entry(path):
    text = path.read_text()
    title = text.split("\n", 1)[0]
    prefix = f"# {path.stem}: "
    if not title.startswith(prefix):
        sys.exit(f'{path}:1: the first line does not begin with "{prefix}"')
    return f"    {{{literal(path.stem)}, {literal(title[len(prefix):])}, {literal(text)}}},\n"


def main():
    output, *pages = map(pathlib.Path, sys.argv[1:])
    output.write_text(HEAD + "".join(map(entry, pages)) + TAIL)


main()
