// SPDX-License-Identifier: Apache-2.0
//
// The options of `cairn build` as one value: those of `docker build` and `docker buildx build`, and
// those of buildah and podman where they do not clash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/build/collect_after_build.h"
#include "output/compose.h"
#include "source/build_context.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct BuildFlags {
  std::string context = ".";
  std::string file;  // "": CONTEXT/Dockerfile
  std::vector<std::string> tags;
  std::vector<std::string> build_args;
  std::vector<std::string> labels;
  std::vector<std::string> build_contexts;
  std::vector<std::string> outputs;
  std::vector<std::string> add_hosts;
  std::vector<std::string> no_cache_filter;
  std::vector<std::string> secrets;
  std::vector<std::string> ssh;
  std::vector<std::string> allow;
  std::vector<std::string> ulimits;
  std::string target;
  std::vector<std::string> platforms;
  std::string network = "default";
  std::string iidfile;
  std::string metadata_file;
  std::string shm_size;
  std::string ignorefile;
  std::string format;
  std::string call = "build";  // --call, see call.h
  bool load = false;
  bool push = false;
  bool pull = false;
  bool no_cache = false;
  bool quiet = false;
  std::optional<bool> rewrite_timestamp;
  output::Squash squash = output::Squash::kNone;
  GcOptions gc;
  std::size_t jobs = 0;  // 0: BuildParts chooses
  // One note for each flag that other builders know and that has no effect here, with the reason.
  std::vector<std::string> without_effect;
};

// Declares the options on `app`; `flags` must outlive it.
void declare_build_flags(CLI::App& app, BuildFlags& flags);

// The parts of the flags that name the context and the Dockerfile.
source::ContextRequest context_request(const BuildFlags& flags);

}  // namespace cairn::cli
