// SPDX-License-Identifier: Apache-2.0
//
// An ssh-agent of our own, for keys that were given as files: it reads every format that ssh
// itself reads, and the keys stay in its memory. It ends with this object, and also when cairn is
// killed.
#pragma once

#include <string>

#include "base/sys/file.h"
#include "base/sys/process.h"

namespace cairn::cli {

class SshAgent {
 public:
  // Throws kUsage where openssh-client is not installed.
  SshAgent();
  ~SshAgent();
  SshAgent(const SshAgent&) = delete;

  // Loads a private key; `name` is for messages. One with a passphrase is refused.
  void add(const std::string& name, const std::string& key) const;
  std::string socket() const { return dir_.path() + "/agent"; }

 private:
  sys::TempDir dir_;
  sys::ChildProcess keeper_;
};

}  // namespace cairn::cli
