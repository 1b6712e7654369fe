// SPDX-License-Identifier: Apache-2.0
//
// When files from elsewhere were last changed, for a SOURCE_DATE_EPOCH that names their source. The
// other way out of the pure world beside ImageResolver; tests give a fake.
#pragma once

#include <optional>
#include <variant>

#include "base/time.h"
#include "plan/plan.h"

namespace cairn::plan {

using RemoteSource = std::variant<GitOp, HttpOp>;

class SourceTimes {
 public:
  virtual ~SourceTimes() = default;

  // The committer's time of the commit; Last-Modified of a file or else the newest file of the
  // archive it is. Nothing when there is neither.
  virtual std::optional<Timestamp> time_of(const RemoteSource& source) = 0;
};

}  // namespace cairn::plan
