// SPDX-License-Identifier: Apache-2.0
//
// Checks that concern all outputs of a build. A single one is checked in parse_output.cc.
#include "output/output_spec.h"

#include "base/error.h"

namespace cairn::output {

bool rewrites_timestamps(const std::vector<OutputSpec>& specs) {
  std::optional<bool> all;
  for (const OutputSpec& spec : specs) {
    if (spec.is_tree()) continue;
    bool one = spec.rewrite_timestamp.value_or(false);
    if (all.value_or(one) != one) {
      throw Error(ErrorKind::kUsage,
                  "--output: rewrite-timestamp must be the same for all outputs of a build");
    }
    all = one;
  }
  return all.value_or(false);
}

void refuse_platforms(const OutputSpec& spec) {
  using Platforms = OutputTraits::Platforms;
  if (spec.traits.platforms == Platforms::kOne) {
    throw Error::of(ErrorKind::kUsage,
                    "{} exporter does not currently support exporting manifest lists", spec.type)
        .with_hint("type=oci holds several platforms in one archive");
  }
  if (spec.traits.platforms == Platforms::kSideBySide && !spec.platform_split.value_or(true)) {
    throw Error::of(ErrorKind::kUsage,
                    "--output: a {} of several platforms has a directory for each, "
                    "platform-split=false is for type=local",
                    spec.type);
  }
}

}  // namespace cairn::output
