// SPDX-License-Identifier: Apache-2.0
//
// A directory of this host that a build reads from: the build context, or a named one. Only what
// COPY, ADD and bind mounts ask for is ever looked at.
#pragma once

#include <memory>
#include <string>

#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::source {

struct LocalContext {
  std::string name;  // "context", or as given to --build-context
  sys::RootDir root;
  std::shared_ptr<const PathFilter> filter;  // from its ignore file; null when all is there
  bool keeps_owners = false;  // files belong to whom they belong here (an archive), not to root
  std::shared_ptr<void> alive = {};  // what must live as long as the root is read: a mount, a copy
};

}  // namespace cairn::source
