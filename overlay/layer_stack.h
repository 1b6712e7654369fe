// SPDX-License-Identifier: Apache-2.0
//
// The directories of an overlay; mount.h says what they are.
#pragma once

#include <string>
#include <vector>

namespace cairn::overlay {

// Lower directories, absolute paths, the lowest layer first.
struct LayerStack {
  std::vector<std::string> lowers;
  bool operator==(const LayerStack&) const = default;
};

// `workdir` is overlayfs's scratch directory, on the same filesystem as `upperdir`. A kVolatile
// mount uses it up: the kernel refuses to mount it again.
struct Upper {
  std::string upperdir;
  std::string workdir;
};

}  // namespace cairn::overlay
