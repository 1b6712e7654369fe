// SPDX-License-Identifier: Apache-2.0
//
// Parsing and normal form follow containerd's platforms package (database.go, platforms.go), so
// that names mean the same in both. Stricter in one point: an unknown system or architecture is
// refused, since an image for it would run nowhere.
#include "oci/platform.h"

#include <sys/utsname.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/attempt.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/internal/fields.h"

namespace cairn::oci {
namespace {

// The names that containerd's platforms package knows: Go's GOOS and GOARCH, and those that builds
// for WebAssembly use.
constexpr std::string_view kSystems[] = {"linux",   "windows",   "darwin",  "freebsd", "netbsd",
                                         "openbsd", "dragonfly", "solaris", "illumos", "android",
                                         "aix",     "hurd",      "ios",     "js",      "nacl",
                                         "plan9",   "zos",       "wasi",    "wasip1"};
constexpr std::string_view kArchitectures[] = {
    "386",     "amd64",   "amd64p32", "arm",    "armbe",    "arm64",     "arm64be",
    "loong64", "mips",    "mipsle",   "mips64", "mips64le", "mips64p32", "mips64p32le",
    "ppc",     "ppc64",   "ppc64le",  "riscv",  "riscv64",  "s390",      "s390x",
    "sparc",   "sparc64", "wasm",     "wasm32"};

bool listed(auto& list, std::string_view word) {
  return std::ranges::count(list, word) != 0;
}

// "v7" and "7" give 7.
std::optional<std::uint64_t> variant_number(std::string_view variant) {
  if (variant.starts_with('v')) variant.remove_prefix(1);
  return parse_uint(variant);
}

std::string host_architecture() {
  struct utsname names {};
  ::uname(&names);
  std::string_view machine = names.machine;
  // uname(2) names machines differently from Go; normalised() does the rest.
  if (machine == "armv6l") return "armel";
  if (machine.starts_with("armv") || machine == "armhf") return "arm";
  if (machine == "i686" || machine == "i586") return "386";
  if (machine == "loongarch64") return "loong64";
  return std::string(machine);
}

bool plain_word(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

Error unparsable(std::string_view text, std::string_view reason) {
  return Error::of(ErrorKind::kUsage, "failed to parse platform \"{}\": {}", text.substr(0, 100),
                   reason)
      .with_hint("write it as os/architecture[/variant], such as linux/amd64 or linux/arm/v7");
}

std::string nearest_of(std::string_view word, auto& list) {
  return did_you_mean(word, std::vector<std::string>(std::begin(list), std::end(list)));
}

// Refuses an unknown name, and suggests a similar one.
void check_known(std::string_view text, const Platform& platform) {
  bool system = listed(kSystems, platform.os);
  bool architecture = listed(kArchitectures, platform.architecture);
  if (system && architecture) return;
  Error error = unparsable(
      text, system ? fmt::format("\"{}\" is not a known architecture{}", platform.architecture,
                                 nearest_of(platform.architecture, kArchitectures))
                   : fmt::format("\"{}\" is not a known operating system{}", platform.os,
                                 nearest_of(platform.os, kSystems)));
  // "amd64/linux" is a common mistake.
  Platform swapped =
      Platform{.os = platform.architecture, .architecture = platform.os}.normalised();
  if (listed(kSystems, swapped.os) && listed(kArchitectures, swapped.architecture)) {
    error.set_hint(fmt::format("the system comes first: did you mean {}?", swapped.str()));
  }
  throw error;
}

// Splits "windows(10.0.17763)" into name and version.
void take_os_version(std::string_view text, Platform& platform) {
  std::size_t open = platform.os.find('(');
  if (open == std::string::npos) return;
  if (!platform.os.ends_with(')')) throw unparsable(text, "\"(\" without \")\"");
  platform.os_version = platform.os.substr(open + 1, platform.os.size() - open - 2);
  platform.os.resize(open);
}

// A single word is a system or an architecture.
Platform parse_word(std::string_view text, std::string word) {
  Platform host = Platform::host();
  Platform platform{.os = word, .architecture = {}};
  take_os_version(text, platform);
  // A system alone gets the architecture of the host, and an architecture its system.
  if (listed(kSystems, to_lower(platform.os)) || equal_fold(platform.os, "macos")) {
    platform.architecture = host.architecture;
    platform.variant = host.variant;
    return platform.normalised();
  }
  platform = Platform{.os = host.os, .architecture = word}.normalised();
  if (!listed(kArchitectures, platform.architecture)) {
    std::string near = nearest_of(word, kSystems);
    if (near.empty()) near = nearest_of(word, kArchitectures);
    throw unparsable(text, "this is neither a known system nor a known architecture" + near);
  }
  return platform;
}

}  // namespace

Platform Platform::host() {
  // cairn runs on Linux only.
  static const Platform host =
      Platform{.os = "linux", .architecture = host_architecture()}.normalised();
  return host;
}

Platform Platform::parse(std::string_view text) {
  std::vector<std::string> parts = split(text, '/');
  for (std::string_view part : parts) {
    if (!plain_word(part.substr(0, part.find('('))))
      throw unparsable(text, "a part is empty or malformed");
  }
  // os/architecture/variant.
  if (parts.size() > 3) throw unparsable(text, "it has more than three parts");
  if (parts.size() == 1) return parse_word(text, parts[0]);
  Platform platform{
      .os = parts[0], .architecture = parts[1], .variant = parts.size() == 3 ? parts[2] : ""};
  take_os_version(text, platform);
  platform = platform.normalised();
  check_known(text, platform);
  return platform;
}

std::optional<Platform> Platform::find(std::string_view text) {
  return if_possible([&] { return parse(text); });
}

Platform Platform::normalised() const {
  Platform out = *this;
  // Go's names: GOOS and GOARCH.
  out.os = to_lower(os);
  if (out.os == "macos") out.os = "darwin";
  std::string& architecture = out.architecture = to_lower(this->architecture);
  std::string& variant = out.variant = to_lower(this->variant);
  if (architecture == "i386") {
    architecture = "386";
    variant.clear();
  } else if (architecture == "x86_64" || architecture == "x86-64" || architecture == "amd64") {
    architecture = "amd64";
    if (variant == "v1") variant.clear();
  } else if (architecture == "aarch64" || architecture == "arm64") {
    architecture = "arm64";
    if (variant == "8" || variant == "v8") variant.clear();
  } else if (architecture == "armhf") {
    architecture = "arm";
    variant = "v7";
  } else if (architecture == "armel") {
    architecture = "arm";
    variant = "v6";
  } else if (architecture == "arm") {
    // containerd: arm without a variant is v7.
    if (variant.empty()) variant = "v7";
    if (parse_uint(variant)) variant.insert(0, "v");
  }
  return out;
}

std::string Platform::str() const {
  std::string text = os;
  if (!os_version.empty()) text += "(" + os_version + ")";
  text += "/" + architecture;
  if (!variant.empty()) text += "/" + variant;
  return text;
}

std::optional<std::size_t> best_match(const Platform& wanted,
                                      std::span<const Platform> candidates) {
  const Platform target = wanted.normalised();
  // Without a variant an architecture means its lowest level: amd64 is v1, arm64 is v8.
  auto level = [](const Platform& platform) -> std::uint64_t {
    return variant_number(platform.variant).value_or(platform.architecture == "arm64" ? 8 : 1);
  };
  std::optional<std::size_t> best;
  std::uint64_t best_level = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Platform candidate = candidates[i].normalised();
    if (candidate.unknown() || candidate.os != target.os ||
        candidate.architecture != target.architecture || level(candidate) > level(target)) {
      continue;
    }
    // Windows images run only on a matching build of the host.
    if (!target.os_version.empty() && candidate.os_version != target.os_version) continue;
    if (best && level(candidate) <= best_level) continue;  // the first of equals wins
    best = i;
    best_level = level(candidate);
  }
  return best;
}

Json to_json(const Platform& platform) {
  Json json{{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  if (!platform.os_version.empty()) json["os.version"] = platform.os_version;
  return json;
}

Platform parse_platform(const Json& json) {
  Fields fields(json, "platform");
  return {.os = fields.text("os"),
          .architecture = fields.text("architecture"),
          .variant = fields.text("variant"),
          .os_version = fields.text("os.version")};
}

}  // namespace cairn::oci
