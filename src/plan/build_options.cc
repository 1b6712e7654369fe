// SPDX-License-Identifier: Apache-2.0
//
// Recognises the forms of --build-context by their prefix, as buildx does. A directory comes last:
// it is whatever has no other form, and it is never looked up here.
#include "plan/build_options.h"

#include "base/error.h"
#include "plan/git_ref.h"

namespace cairn::plan {
namespace {

bool take_scheme(std::string_view& value, std::string_view scheme) {
  if (!value.starts_with(scheme)) return false;
  value.remove_prefix(scheme.size());
  if (value.starts_with("//")) value.remove_prefix(2);
  return true;
}

LayoutContext parse_layout(std::string_view value) {
  LayoutContext layout;
  std::size_t at = value.find('@');
  if (at != std::string_view::npos) {
    layout.digest = Digest::find(value.substr(at + 1));
    if (!layout.digest) {
      throw Error::of(ErrorKind::kUsage, "invalid oci-layout reference: {} is no digest",
                      value.substr(at + 1));
    }
    value = value.substr(0, at);
  }
  // A ":" before a "/" is part of the directory.
  std::size_t colon = value.rfind(':');
  if (colon != std::string_view::npos && value.find('/', colon) == std::string_view::npos) {
    layout.tag = value.substr(colon + 1);
    value = value.substr(0, colon);
  }
  // As with image names: nothing means "latest".
  if (layout.tag.empty() && !layout.digest) layout.tag = "latest";
  layout.directory = value;
  return layout;
}

}  // namespace

NamedContext parse_named_context(std::string_view value) {
  if (value.empty()) throw Error(ErrorKind::kUsage, "a build context cannot be empty");
  std::string_view rest = value;
  if (take_scheme(rest, "docker-image:")) {
    if (rest == "scratch") return ScratchContext{};
    return ImageContext{.reference = oci::Reference::parse(rest)};
  }
  if (take_scheme(rest, "oci-layout:")) return parse_layout(rest);
  if (take_scheme(rest, "target:")) return StageContext{.name = std::string(rest)};
  // "github.com/owner/name" is a directory here; only the main context reads it as a repository.
  if (std::optional<GitRef> git = find_git_ref(value); git && !git->looks_local) {
    git->op.keep_git_dir = git->keep_git_dir.value_or(false);
    check_git_op(git->op);
    return GitContext{.op = std::move(git->op)};
  }
  if (value.starts_with("http://") || value.starts_with("https://")) {
    return HttpContext{.op = {.url = value, .filename = "context"}};
  }
  return LocalContext{.directory = std::string(value)};
}

std::string context_key(std::string_view name) {
  // "NAME::PLATFORM" applies to one platform only.
  std::size_t platform = name.find("::");
  std::string suffix(platform == std::string_view::npos ? "" : name.substr(platform));
  name = name.substr(0, platform);
  // A name that is no image name can only be a stage.
  std::optional<oci::Reference> reference = oci::Reference::find(name);
  if (!reference) return std::string(name) + suffix;
  std::string familiar = reference->familiar();
  if (familiar.ends_with(":latest")) familiar.resize(familiar.size() - 7);
  return familiar + suffix;
}

}  // namespace cairn::plan
