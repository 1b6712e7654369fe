// SPDX-License-Identifier: Apache-2.0
//
// --parents and --exclude as one filter of the paths below a copied directory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/path_filter.h"
#include "plan/plan.h"

namespace cairn::plan {

// The filter for `source`; its paths are relative to what `source` names. Null when everything is
// taken. Throws kDockerfile, without a span, for malformed patterns.
std::shared_ptr<const PathFilter> copy_filter(const CopySource& source,
                                              const std::vector<std::string>& exclude);

}  // namespace cairn::plan
