// SPDX-License-Identifier: Apache-2.0
//
// An ssh-agent of our own, for keys given as files. It reads every format that ssh reads, and keeps
// the keys in memory. It ends with this object, and also when cairn is killed.
#pragma once

#include <string>

#include "base/sys/file.h"
#include "base/sys/process.h"

namespace cairn::cli {

class SshAgent {
 public:
  // Throws kUsage if openssh-client is not installed, kHost if the agent does not start.
  SshAgent();
  ~SshAgent();
  SshAgent(const SshAgent&) = delete;

  // Loads a private key; `name` is for messages. Throws kUsage for a key with a passphrase.
  void add(const std::string& name, const std::string& key) const;
  std::string socket() const { return dir_.path() + "/agent"; }

 private:
  sys::TempDir dir_;
  sys::ChildProcess keeper_;
};

}  // namespace cairn::cli
