// SPDX-License-Identifier: Apache-2.0
//
// The kernel's own list of handlers is the answer where it can be read: a handler without flag F is
// no use in a step, although the kernel would take it. Only where the list is hidden the kernel is
// asked, by executing an ELF header with nothing behind it.
#include "sandbox/foreign.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/personality.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>

#include "base/sys/fd.h"
#include "base/sys/file.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

constexpr const char* kBinfmtMisc = "/proc/sys/fs/binfmt_misc";
constexpr std::size_t kMaxMagic = 256;  // BINPRM_BUF_SIZE: how much the kernel looks at

struct Machine {
  std::string_view architecture;
  unsigned char elf_class;
  unsigned char data;
  std::uint16_t machine;
};

constexpr Machine kMachines[] = {
    {"386", ELFCLASS32, ELFDATA2LSB, EM_386},       {"amd64", ELFCLASS64, ELFDATA2LSB, EM_X86_64},
    {"arm", ELFCLASS32, ELFDATA2LSB, EM_ARM},       {"arm64", ELFCLASS64, ELFDATA2LSB, EM_AARCH64},
    {"loong64", ELFCLASS64, ELFDATA2LSB, 258},      {"mips", ELFCLASS32, ELFDATA2MSB, EM_MIPS},
    {"mips64", ELFCLASS64, ELFDATA2MSB, EM_MIPS},   {"mips64le", ELFCLASS64, ELFDATA2LSB, EM_MIPS},
    {"mipsle", ELFCLASS32, ELFDATA2LSB, EM_MIPS},   {"ppc64", ELFCLASS64, ELFDATA2MSB, EM_PPC64},
    {"ppc64le", ELFCLASS64, ELFDATA2LSB, EM_PPC64}, {"riscv64", ELFCLASS64, ELFDATA2LSB, EM_RISCV},
    {"s390x", ELFCLASS64, ELFDATA2MSB, EM_S390},
};

// The kernel shows magic and mask as hex digits.
std::optional<std::string> bytes_of(std::string_view hex) {
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (hex.size() % 2 != 0 || hex.size() / 2 > kMaxMagic) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// Whether execve(2) accepts a header of another architecture. Without a handler the kernel returns
// ENOEXEC, or ENOENT if the interpreter is looked up here and not found. With a handler, the
// interpreter starts, finds nothing to run and ends. If the host forbids the attempt (EACCES), that
// is not a no.
bool kernel_accepts(const std::string& header) {
  sys::Fd file = sys::make_memfd("cairn-foreign");
  sys::write_all(file, header);
  std::string path = fmt::format("/proc/self/fd/{}", file.get());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (int fd : {0, 1, 2}) {
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  }
  char* argv[] = {path.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  int failed = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, argv, environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return failed != ENOEXEC && failed != ENOENT;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return true;
}

bool is_native(std::string_view architecture) {
#if defined(__x86_64__)
  return architecture == "amd64" || architecture == "386";
#elif defined(__aarch64__)
  if (architecture != "arm") return architecture == "arm64";
  // Many processors no longer have a 32-bit mode; the kernel then refuses this personality.
  int before = ::personality(0xffffffff);
  if (::personality(PER_LINUX32) < 0) return false;
  ::personality(static_cast<unsigned long>(before));
  return true;
#else
  (void)architecture;
  return false;
#endif
}

// Cheap answers first; executing something is the last resort.
bool find_out(const std::string& architecture) {
  if (is_native(architecture)) return true;
  std::optional<std::string> header = program_header(architecture);
  if (!header) return false;
  auto handlers = read_handlers(kBinfmtMisc);
  if (!handlers) return kernel_accepts(*header);
  return std::ranges::any_of(
      *handlers, [&](const BinfmtHandler& handler) { return serves(handler, architecture); });
}

}  // namespace

std::optional<BinfmtHandler> parse_handler(std::string_view text) {
  BinfmtHandler handler;
  for (const std::string& line : split(text, '\n')) {
    std::size_t space = std::min(line.find(' '), line.size());
    std::string key = line.substr(0, space);
    std::string value(trim(std::string_view(line).substr(space)));
    if (key == "enabled") {
      handler.enabled = true;
    } else if (key == "interpreter") {
      handler.interpreter = value;
    } else if (key == "flags:") {
      handler.opened = value.find('F') != std::string::npos;
    } else if (key == "offset") {
      std::optional<std::uint64_t> offset = parse_uint(value);
      if (!offset || *offset > kMaxMagic) return std::nullopt;
      handler.offset = *offset;
    } else if (key == "magic" || key == "mask") {
      std::optional<std::string> bytes = bytes_of(value);
      if (!bytes) return std::nullopt;
      (key == "magic" ? handler.magic : handler.mask) = std::move(*bytes);
    }
  }
  if (handler.magic.empty() || handler.interpreter.empty()) return std::nullopt;
  if (!handler.mask.empty() && handler.mask.size() != handler.magic.size()) return std::nullopt;
  return handler;
}

std::optional<std::vector<BinfmtHandler>> read_handlers(const std::string& directory) {
  std::optional<std::string> status = sys::find_file(directory + "/status");
  if (!status) return std::nullopt;
  std::vector<BinfmtHandler> handlers;
  // Registered handlers do nothing while binfmt_misc as a whole is disabled.
  if (!status->starts_with("enabled")) return handlers;
  for (const sys::DirEntry& entry : sys::list_dir(sys::open_path(directory, O_RDONLY))) {
    if (entry.name == "status" || entry.name == "register") continue;
    std::optional<std::string> text = sys::find_file(directory + "/" + entry.name);
    if (!text) continue;  // gone meanwhile
    if (auto handler = parse_handler(*text)) handlers.push_back(std::move(*handler));
  }
  return handlers;
}

bool serves(const BinfmtHandler& handler, std::string_view architecture) {
  std::optional<std::string> header = program_header(architecture);
  if (!header || !handler.enabled || !handler.opened) return false;
  for (std::size_t i = 0; i < handler.magic.size(); ++i) {
    if (handler.offset + i >= header->size()) return false;
    // A byte matches if it differs only in bits that the mask leaves out.
    int differs = (*header)[handler.offset + i] ^ handler.magic[i];
    if ((differs & (handler.mask.empty() ? 0xff : handler.mask[i])) != 0) return false;
  }
  return true;
}

std::optional<std::string> program_header(std::string_view architecture) {
  for (const Machine& known : kMachines) {
    if (known.architecture != architecture) continue;
    bool wide = known.elf_class == ELFCLASS64;
    std::string header(wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), '\0');
    auto put = [&](std::size_t at, std::uint16_t value) {
      bool little = known.data == ELFDATA2LSB;
      header[at] = static_cast<char>(little ? value & 0xff : value >> 8);
      header[at + 1] = static_cast<char>(little ? value >> 8 : value & 0xff);
    };
    header.replace(0, SELFMAG, ELFMAG);
    header[EI_CLASS] = static_cast<char>(known.elf_class);
    header[EI_DATA] = static_cast<char>(known.data);
    header[EI_VERSION] = EV_CURRENT;
    put(offsetof(Elf64_Ehdr, e_type), ET_EXEC);  // these two have equal offsets in both classes
    put(offsetof(Elf64_Ehdr, e_machine), known.machine);
    return header;
  }
  return std::nullopt;
}

bool can_execute(const std::string& architecture) {
  static std::mutex mutex;
  static std::map<std::string, bool> known;
  std::lock_guard lock(mutex);
  auto found = known.find(architecture);
  if (found == known.end()) found = known.emplace(architecture, find_out(architecture)).first;
  return found->second;
}

}  // namespace cairn::sandbox
