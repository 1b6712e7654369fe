// SPDX-License-Identifier: Apache-2.0
//
// /etc/hosts and /etc/resolv.conf as steps see them: our own files, bound read-only, so that a step
// can neither change them nor put them into a layer (U01). Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/sys/file.h"
#include "sandbox/network.h"

namespace cairn::exec {

// Names and addresses. "" stands for the address at which a step reaches the host ("host-gateway").
using ExtraHosts = std::vector<std::pair<std::string, std::string>>;

class EtcFiles {
 public:
  explicit EtcFiles(const std::string& tmp_dir);

  sys::Fd open_hosts(const std::string& hostname, const ExtraHosts& extra,
                     const sandbox::NetworkLease& network);
  // The host's file, or with a `resolver` the one for a private network (resolv_conf.h).
  sys::Fd open_resolv_conf(const std::string& resolver);

 private:
  sys::Fd open_file(const std::string& text);

  sys::TempDir dir_;
  const std::string host_resolv_conf_;
  std::mutex mutex_;
  std::map<std::string, std::string> files_;  // path by content
};

}  // namespace cairn::exec
