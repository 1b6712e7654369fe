// SPDX-License-Identifier: Apache-2.0
//
// The options of a build that its plan depends on. Values; the plan reads them and never changes
// them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dockerfile/ignore.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "plan/plan.h"
#include "plan/source_times.h"

namespace cairn::plan {

struct ImageContext {
  oci::Reference reference;
};
struct ScratchContext {};
struct LocalContext {
  std::string directory;  // as given; the plan never opens it
};
struct GitContext {
  GitOp op;
};
struct HttpContext {
  HttpOp op;  // a root with the one file "context"
};
struct LayoutContext {
  std::string directory;  // an OCI image layout
  std::string tag;        // one of tag and digest, or both
  std::optional<Digest> digest;
};
struct StageContext {
  std::string name;  // a stage of the same file
};
// The value of --build-context, which replaces a stage or an image of that name.
using NamedContext = std::variant<ImageContext, ScratchContext, LocalContext, GitContext,
                                  HttpContext, LayoutContext, StageContext>;

// Parses "docker-image://REF", "oci-layout://DIR[:TAG][@DIGEST]", "target:STAGE", a git or web URL,
// or a directory. Throws kUsage; kDockerfile for a malformed git query.
NamedContext parse_named_context(std::string_view value);
// The form in which names of contexts are compared: "docker.io/library/x:latest" and "x" are equal.
std::string context_key(std::string_view name);

// --allow: what steps may do outside the sandbox.
struct Entitlements {
  bool network_host = false;
  bool security_insecure = false;
};

struct BuildOptions {
  std::string target;  // "" is the last stage
  std::map<std::string, std::string>
      build_args;  // the caller resolved a bare "K" from the environment
  std::optional<oci::Platform> platform = {};  // nullopt: the build platform
  oci::Platform build_platform = oci::Platform::host();
  bool several_platforms = false;  // names of steps then include the platform
  std::vector<std::pair<std::string, std::string>> labels = {};  // --label, in order
  std::map<std::string, NamedContext> contexts = {};             // by context_key
  bool no_cache = false;
  std::set<std::string> no_cache_filter = {};  // stage names, in any letter case
  NetworkMode network = NetworkMode::kDefault;
  std::vector<std::pair<std::string, std::string>> extra_hosts = {};
  Entitlements allowed = {};
  std::vector<Ulimit> ulimits = {};
  std::uint64_t shm_size = 0;                       // bytes; 0: the default size
  std::optional<RemoteSource> context_source = {};  // set if the build context was fetched
  dockerfile::IgnoreMatcher ignored = {};  // of the build context; only build checks use it
  // Lower all stages, for build checks without a target. The plan is still that of the last stage.
  bool all_stages = false;
};

}  // namespace cairn::plan
