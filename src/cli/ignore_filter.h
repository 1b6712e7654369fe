// SPDX-License-Identifier: Apache-2.0
//
// A .dockerignore as the filter that those who walk trees ask.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/path_filter.h"
#include "dockerfile/ignore.h"

namespace cairn::cli {

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

// Null when the file excludes nothing. Throws kDockerfile for a pattern that cannot be.
std::shared_ptr<const IgnoreFilter> make_ignore_filter(const std::string& name,
                                                       const std::string& text);

}  // namespace cairn::cli
