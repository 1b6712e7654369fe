// SPDX-License-Identifier: Apache-2.0
//
// Runs git where a hostile repository can do no harm: in the namespaces of a step, on a root with
// the host's programs and certificates, read-only, and two working directories. The user's home and
// git configuration are not there. A login, from the URL or a secret, reaches git through its
// environment; it never appears in an argument, a repository or a message. git follows no redirect:
// it is told where each repository is by a GitRoute.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys/file.h"
#include "progress/vertex_scope.h"
#include "solver/job.h"
#include "solver/run/agent_forwarder.h"

namespace cairn::solver {

using GitConfig = std::vector<std::pair<std::string, std::string>>;

// The way to a repository, as source::GitServers found it.
struct GitRoute {
  GitConfig config = {};              // git's settings for it
  source::AddressLimits beyond = {};  // for the servers that the repository names
};

class GitSandbox {
 public:
  static constexpr const char* kRepository = "/repository";
  static constexpr const char* kCheckout = "/checkout";

  // `checkout` is the root that files are checked out to; borrowed.
  GitSandbox(const RunJob& job, const plan::GitOp& op, const sys::RootDir& checkout,
             progress::VertexScope& scope);

  // Finds the server of a repository that the user, or within `limits` another repository, named.
  // `text` is the URL as git gets it. Throws what GitServers::find() throws.
  GitRoute find_route(const RemoteUrl& url, const std::string& text,
                      const source::AddressLimits& limits) const;
  // The settings for the servers that the next runs may ask, instead of the last ones.
  void use(GitConfig routes) { routes_ = std::move(routes); }

  // Runs git and returns its stdout (at most 64 KiB). Throws kRegistry with the end of its stderr,
  // kHost if the host has no git, kCancelled.
  std::string run(const std::vector<std::string>& arguments);
  // The same; nullopt if git fails.
  std::optional<std::string> try_run(const std::vector<std::string>& arguments);

 private:
  struct Outcome {
    int status = 0;
    std::string out;
    std::string err;
  };
  Outcome start(const std::vector<std::string>& arguments);
  enum class Flush { kNo, kOnly };
  void log(std::string_view text, Flush flush = Flush::kNo);
  std::vector<std::string> environment() const;
  std::vector<exec::StepMount> open_world() const;

  const RunJob& job_;
  const plan::GitOp& op_;
  const sys::RootDir& checkout_;
  progress::VertexScope& scope_;
  GitConfig routes_;
  std::string unshown_;                  // the start of a line that git has not finished
  sys::TempDir dir_;                     // the repository, and files of ours
  std::optional<AgentForwarder> agent_;  // --ssh default, for repositories behind ssh
};

}  // namespace cairn::solver
