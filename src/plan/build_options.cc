// SPDX-License-Identifier: Apache-2.0
#include "plan/build_options.h"

#include "base/error.h"

namespace cairn::plan {
namespace {

bool is_remote(std::string_view value) {
  for (std::string_view scheme :
       {"http:", "https:", "git:", "ssh:", "git@", "oci-layout:", "target:", "input:"}) {
    if (value.starts_with(scheme)) return true;
  }
  return false;
}

}  // namespace

NamedContext parse_named_context(std::string_view value) {
  for (std::string_view scheme : {"docker-image://", "docker-image:"}) {
    if (!value.starts_with(scheme)) continue;
    value.remove_prefix(scheme.size());
    if (value == "scratch") return ScratchContext{};
    return ImageContext{.reference = oci::Reference::parse(value)};
  }
  if (value.empty()) throw Error(ErrorKind::kUsage, "a build context cannot be empty");
  if (is_remote(value)) {
    throw Error::of(ErrorKind::kUsage, "a named context of this kind is not supported yet: {}",
                    value)
        .with_hint("docker-image://REF and directories are");
  }
  return LocalContext{.directory = std::string(value)};
}

std::string context_key(std::string_view name) {
  std::size_t platform = name.find("::");
  std::string suffix(platform == std::string_view::npos ? "" : name.substr(platform));
  name = name.substr(0, platform);
  std::optional<oci::Reference> reference = oci::Reference::find(name);
  if (!reference) return std::string(name) + suffix;
  std::string familiar = reference->familiar();
  if (familiar.ends_with(":latest")) familiar.resize(familiar.size() - 7);
  return familiar + suffix;
}

}  // namespace cairn::plan
