// SPDX-License-Identifier: Apache-2.0
//
// Secrets as files, in a tmpfs of the builder's own mount namespace: they never reach the disk of
// the store, and are gone with the build, also when it is killed. Safe from any thread.
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

  // A new file with this content, to be mounted.
  sys::Fd add(std::string_view value, const plan::FileOwner& owner);

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
