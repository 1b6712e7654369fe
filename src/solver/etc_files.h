// SPDX-License-Identifier: Apache-2.0
//
// /etc/hosts and /etc/resolv.conf as steps see them: files of ours, bound read-only, so that a
// build can neither change them nor keep them (FEATURES U01). Safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/sys/file.h"

namespace cairn::solver {

using ExtraHosts = std::vector<std::pair<std::string, std::string>>;  // host, address

class EtcFiles {
 public:
  explicit EtcFiles(const std::string& tmp_dir);

  sys::Fd open_hosts(const std::string& hostname, const ExtraHosts& extra);
  sys::Fd open_resolv_conf() const;

 private:
  sys::TempDir dir_;
  std::mutex mutex_;
  std::map<std::string, std::string> hosts_;  // content to path
};

}  // namespace cairn::solver
