// SPDX-License-Identifier: Apache-2.0
//
// --parents and --exclude as one filter: which paths below a copied directory are taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/path_filter.h"
#include "plan/plan.h"

namespace cairn::plan {

// Judges paths relative to what `source` names; null when all of it is taken. Throws kDockerfile,
// without a span, for malformed patterns.
std::shared_ptr<const PathFilter> copy_filter(const CopySource& source,
                                              const std::vector<std::string>& exclude);

}  // namespace cairn::plan
