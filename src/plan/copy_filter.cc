// SPDX-License-Identifier: Apache-2.0
//
// Both lists are ignore patterns. --parents uses a matcher the other way round: what it "excludes"
// is what COPY takes. A directory that is not taken itself is walked if something below it could
// be.
#include "plan/copy_filter.h"

#include "dockerfile/ignore.h"

namespace cairn::plan {
namespace {

using dockerfile::IgnoreDecision;
using dockerfile::IgnoreMatcher;

class CopyFilter final : public PathFilter {
 public:
  CopyFilter(std::optional<IgnoreMatcher> include, IgnoreMatcher exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {}

  Verdict judge(const std::string& path, bool is_directory) const override {
    IgnoreDecision excluded = exclude_.match(path);
    // A "!" pattern may include something below an excluded directory.
    bool walk_on = !excluded.excluded || exclude_.may_include_below(path, excluded);
    bool wanted = !include_ || include_->match(path).excluded;
    if (wanted && !excluded.excluded) return Verdict::kIncluded;
    if (!is_directory || !walk_on) return Verdict::kExcluded;
    return wanted || include_->may_match_below(path) ? Verdict::kPartly : Verdict::kExcluded;
  }
  std::string explain(const std::string&) const override { return ""; }

 private:
  std::optional<IgnoreMatcher> include_;  // inverted: what it "excludes" is taken
  IgnoreMatcher exclude_;
};

}  // namespace

std::shared_ptr<const PathFilter> copy_filter(const CopySource& source,
                                              const std::vector<std::string>& exclude) {
  IgnoreMatcher unwanted = IgnoreMatcher::of(exclude);
  if (!source.below && unwanted.empty()) return nullptr;
  std::optional<IgnoreMatcher> wanted;
  if (source.below) wanted = IgnoreMatcher::of({*source.below});
  return std::make_shared<CopyFilter>(std::move(wanted), std::move(unwanted));
}

}  // namespace cairn::plan
