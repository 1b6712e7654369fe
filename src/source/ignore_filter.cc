// SPDX-License-Identifier: Apache-2.0
//
// An excluded directory cannot always be skipped: a later "!dir/file" may include something below
// it. Such a directory is judged kPartly, and walked only if the file has exceptions at all and one
// of them can match below.
#include "source/ignore_filter.h"

#include <fmt/format.h>

#include "base/text.h"

namespace cairn::source {

IgnoreFilter::IgnoreFilter(dockerfile::IgnoreMatcher matcher, const std::string& text)
    : matcher_(std::move(matcher)), lines_(split(text, '\n')) {}

PathFilter::Verdict IgnoreFilter::judge(const std::string& path, bool is_directory) const {
  dockerfile::IgnoreDecision decision = matcher_.match(path);
  if (!decision.excluded) return Verdict::kIncluded;
  if (is_directory && matcher_.has_exceptions() && matcher_.may_include_below(path, decision)) {
    return Verdict::kPartly;
  }
  return Verdict::kExcluded;
}

std::string IgnoreFilter::explain(const std::string& path) const {
  dockerfile::IgnoreDecision decision = matcher_.match(path);
  if (!decision.excluded || decision.line < 1) return "";
  std::string rule(trim(lines_.at(static_cast<std::size_t>(decision.line) - 1)));
  return fmt::format("{}:{} \"{}\"", matcher_.file_name(), decision.line, rule);
}

std::shared_ptr<const IgnoreFilter> make_ignore_filter(const std::string& name,
                                                       const std::string& text) {
  auto source = std::make_shared<SourceText>(SourceText{name, text});
  dockerfile::IgnoreMatcher matcher = dockerfile::IgnoreMatcher::parse(source);
  if (matcher.empty()) return nullptr;
  return std::make_shared<IgnoreFilter>(std::move(matcher), text);
}

}  // namespace cairn::source
