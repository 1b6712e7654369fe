// SPDX-License-Identifier: Apache-2.0
//
// A directory of this host that a build reads from: the build context, or a named one. Only what
// COPY, ADD and bind mounts ask for is ever read.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::source {

struct LocalContext {
  std::string name;  // "context", or as given to --build-context
  sys::RootDir root;
  std::shared_ptr<const PathFilter> filter;  // from its ignore file; null: nothing is excluded
  bool keeps_owners = false;                 // keep the files' owners (an archive) instead of root
  std::shared_ptr<void> alive = {};          // keeps the root's source alive: a mount, a copy
  std::string shown = {};  // the directory as the user named it; "" if cairn made it
};

// The error if we may not read `path` in the directory that the user named `directory` ("/" is that
// directory itself).
Error unreadable(const std::string& directory, const std::string& path);

}  // namespace cairn::source
