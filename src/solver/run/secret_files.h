// SPDX-License-Identifier: Apache-2.0
//
// Keeps secrets as files on a tmpfs in the builder's own mount namespace: they never reach the
// store's disk, and vanish with the build even if it is killed. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/sys/file.h"
#include "base/sys/mount.h"
#include "plan/plan.h"

namespace cairn::solver {

class SecretFiles {
 public:
  explicit SecretFiles(std::string tmp_dir) : tmp_dir_(std::move(tmp_dir)) {}

  // Creates a file with this content and returns an O_PATH descriptor to bind-mount. The file lives
  // as long as this object.
  sys::Fd add(std::string_view value, const plan::OwnerAndMode& attributes);

 private:
  struct Place {
    sys::TempDir dir;
    sys::Mount tmpfs;
  };
  const Place& place();  // mounted at the first secret

  std::string tmp_dir_;
  std::mutex mutex_;
  std::optional<Place> place_;
  int count_ = 0;
};

}  // namespace cairn::solver
