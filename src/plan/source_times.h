// SPDX-License-Identifier: Apache-2.0
//
// The times of remote sources, for a SOURCE_DATE_EPOCH that names one. Besides ImageResolver this
// is the only use of the network in planning; tests use a fake.
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

  // The committer date of the commit; for a file its Last-Modified, or else the newest file in it
  // if it is an archive. nullopt when there is neither. Throws when the source cannot be fetched.
  virtual std::optional<Timestamp> time_of(const RemoteSource& source) = 0;
};

}  // namespace cairn::plan
