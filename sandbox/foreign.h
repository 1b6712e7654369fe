// SPDX-License-Identifier: Apache-2.0
//
// Programs of other architectures. The kernel runs them through a binfmt_misc handler
// (Documentation/admin-guide/binfmt-misc.rst), chosen by the first bytes of an ELF file. A step has
// a root of its own, so the handler's interpreter must have been opened when it was registered
// (flag F): otherwise its path would be looked up inside the image.
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
  std::string mask = {};  // "": all ones
};

// Parses the file of a handler; nullopt if it is none, or one for file name extensions.
std::optional<BinfmtHandler> parse_handler(std::string_view text);

// The handlers listed in a directory such as /proc/sys/fs/binfmt_misc. nullopt if binfmt_misc is
// not mounted there, as in most containers; the kernel may have handlers all the same.
std::optional<std::vector<BinfmtHandler>> read_handlers(const std::string& directory);

// Whether the handler runs programs of this architecture (a GOARCH value) inside steps.
bool serves(const BinfmtHandler& handler, std::string_view architecture);

// The ELF header of a program of that architecture; nullopt if it is unknown.
std::optional<std::string> program_header(std::string_view architecture);

// Whether a step on this host can be of that architecture: native, 32-bit of the same family, or
// through a handler. If handlers cannot be read, the kernel is asked by executing a bare ELF
// header. Asked once for each architecture and process; thread-safe.
bool can_execute(const std::string& architecture);

}  // namespace cairn::sandbox
