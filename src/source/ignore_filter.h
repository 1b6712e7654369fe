// SPDX-License-Identifier: Apache-2.0
//
// A .dockerignore as a PathFilter for tree walks. Immutable, so thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/path_filter.h"
#include "dockerfile/ignore.h"

namespace cairn::source {

class IgnoreFilter final : public PathFilter {
 public:
  IgnoreFilter(dockerfile::IgnoreMatcher matcher, const std::string& text);

  Verdict judge(const std::string& path, bool is_directory) const override;
  std::string explain(const std::string& path) const override;
  const dockerfile::IgnoreMatcher& matcher() const { return matcher_; }

 private:
  dockerfile::IgnoreMatcher matcher_;
  std::vector<std::string> lines_;
};

// Null if the file excludes nothing. Throws kDockerfile for an invalid pattern. `name` is for
// messages.
std::shared_ptr<const IgnoreFilter> make_ignore_filter(const std::string& name,
                                                       const std::string& text);

}  // namespace cairn::source
