// SPDX-License-Identifier: Apache-2.0
//
// Checks flags while they are read, in the order of the line, so that the first wrong one is
// reported with its columns. A flag of another instruction gets a hint where it belongs.
#include "dockerfile/internal/flags.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/narrow.h"

namespace cairn::dockerfile {
namespace {

struct FlagHome {
  std::string_view name;
  std::string_view instructions;
};

// The instructions that have a flag, for the hint when it is used on another one.
constexpr std::array<FlagHome, 19> kHomes = {{
    {"checksum", "ADD"},
    {"chmod", "ADD and COPY"},
    {"chown", "ADD and COPY"},
    {"device", "RUN"},
    {"exclude", "ADD and COPY (since syntax 1.19)"},
    {"from", "COPY"},
    {"interval", "HEALTHCHECK"},
    {"keep-git-dir", "ADD"},
    {"link", "ADD and COPY"},
    {"mount", "RUN"},
    {"network", "RUN"},
    {"parents", "COPY (since syntax 1.20)"},
    {"platform", "FROM"},
    {"retries", "HEALTHCHECK"},
    {"security", "RUN (since syntax 1.20)"},
    {"start-interval", "HEALTHCHECK"},
    {"start-period", "HEALTHCHECK"},
    {"timeout", "HEALTHCHECK"},
    {"unpack", "ADD (since syntax 1.17)"},
}};

// Near names come from this instruction, the hint from all of them.
Error unknown_flag(std::string_view name, std::initializer_list<FlagSpec> known) {
  std::vector<std::string> names;
  for (const FlagSpec& spec : known) names.emplace_back(spec.name);
  std::string message = fmt::format("unknown flag: --{}", name);
  if (std::optional<std::string> near = nearest(name, names)) {
    message += fmt::format(" (did you mean {}?)", *near);
  }
  Error error(ErrorKind::kDockerfile, std::move(message));
  for (const FlagHome& home : kHomes) {
    if (home.name == name)
      error.set_hint(fmt::format("--{} is a flag of {}", name, home.instructions));
  }
  return error;
}

bool parse_truth(std::string_view flag, const std::optional<std::string>& value) {
  if (value && value->empty()) {
    throw dockerfile_error("missing a value on flag: --{}", flag);
  }
  if (!value || equal_fold(*value, "true")) return true;
  if (equal_fold(*value, "false")) return false;
  throw dockerfile_error("expecting boolean value for flag --{}, not: {}", flag, *value);
}

}  // namespace

Flags::Flags(const Node& node, std::initializer_list<FlagSpec> known) {
  for (const std::string& flag : node.flags) {
    at_span(narrow(node.span, flag.substr(0, flag.find('='))), [&] { take(flag, known); });
  }
}

void Flags::take(const std::string& flag, std::initializer_list<FlagSpec> known) {
  std::size_t sign = flag.find('=');
  // Flags start with "--": the parser collected only such words.
  std::string name = flag.substr(2, sign == std::string::npos ? sign : sign - 2);
  std::optional<std::string> value;
  if (sign != std::string::npos) value = flag.substr(sign + 1);
  const FlagSpec* spec = nullptr;
  for (const FlagSpec& candidate : known) {
    if (candidate.name == name) spec = &candidate;
  }
  if (spec == nullptr) throw unknown_flag(name, known);
  // Only --mount, --device and --exclude may be repeated.
  if (values_.contains(name) && spec->kind != FlagKind::kList) {
    throw dockerfile_error("duplicate flag specified: --{}", name);
  }
  // A bare boolean flag means true.
  if (spec->kind == FlagKind::kBool) {
    value = parse_truth(name, value) ? "true" : "false";
  } else if (!value) {
    throw dockerfile_error("missing a value on flag: --{}", name);
  }
  values_[name].push_back(std::move(*value));
}

std::string Flags::text(std::string_view name, std::string_view otherwise) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Flags::list(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::optional<bool> Flags::truth(std::string_view name) const {
  auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.back() == "true";
}

}  // namespace cairn::dockerfile
