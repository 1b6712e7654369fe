// SPDX-License-Identifier: Apache-2.0
//
// Programs of other architectures. The kernel executes them through a handler of binfmt_misc
// (Documentation/admin-guide/binfmt-misc.rst), which it knows by the first bytes of an ELF file. A
// step has a root of its own, so the handler's interpreter must have been opened when it was
// registered (flag F): by its path it would be looked for inside the image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::sandbox {

struct BinfmtHandler {
  bool enabled = false;
  std::string interpreter = {};
  bool opened = false;  // flag F
  std::size_t offset = 0;
  std::string magic = {};
  std::string mask = {};  // "" is all ones
};

// The file of one handler; nothing for a text that is none, or a handler of file name extensions.
std::optional<BinfmtHandler> parse_handler(std::string_view text);

// The handlers a directory such as /proc/sys/fs/binfmt_misc shows; nothing when it is not one (not
// mounted here, as in most containers) and so says nothing of what the kernel does.
std::optional<std::vector<BinfmtHandler>> read_handlers(const std::string& directory);

// Whether a handler takes programs of the architecture (in the words of GOARCH) and works in steps.
bool serves(const BinfmtHandler& handler, std::string_view architecture);

// The first bytes of a program of that architecture; nothing for an unknown one.
std::optional<std::string> program_header(std::string_view architecture);

// Whether a step on this host can be of that architecture: native, 32-bit of the same family, or
// by a handler. Where handlers cannot be seen, the kernel is asked by executing a header that has
// nothing behind it. Asked once per architecture and process; safe from any thread.
bool can_execute(const std::string& architecture);

}  // namespace cairn::sandbox
