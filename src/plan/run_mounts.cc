// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount: turns each type into its struct of the plan. Targets become absolute, and sources
// cannot leave their tree. Mounts are sorted so that parents come first, which the sandbox relies
// on.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/mount.h"
#include "dockerfile/narrow.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

using dockerfile::Mount;
using dockerfile::MountType;

OwnerAndMode owner_and_mode(const Mount& mount, mode_t usual_mode) {
  return {.mode = static_cast<mode_t>(mount.mode.value_or(usual_mode)) & 0777,
          .owner = {.uid = mount.uid.value_or(0), .gid = mount.gid.value_or(0)}};
}

std::string last_component(std::string_view path) {
  path = path.substr(0, path.find_last_not_of('/') + 1);
  return std::string(path.substr(path.rfind('/') + 1));
}

class MountLowering {
 public:
  MountLowering(Lowering& context, RunOp& op, std::vector<VertexId>& inputs)
      : context_(context), op_(op), inputs_(inputs) {}

  void add(const Mount& mount, StageState* source, const SourceSpan& span) {
    switch (mount.type) {
      case MountType::kBind: return add_bind(mount, source, span);
      case MountType::kCache: return add_cache(mount, source, span);
      case MountType::kTmpfs:
        return place(mount.target, mount, TmpfsMount{.size = mount.size.value_or(0)}, span);
      case MountType::kSecret: return add_secret(mount, span);
      case MountType::kSsh: return add_ssh(mount, span);
    }
  }

 private:
  // Adds a mount at `target`, relative to the working directory.
  template <typename What>
  void place(std::string_view target, const Mount& mount, What what, const SourceSpan& span) {
    std::string path = in_workdir(context_.image().config, target);
    if (path == "/") {
      throw dockerfile_error("invalid mount target {}", go_quote(path));
    }
    op_.mounts.push_back({.target = std::move(path),
                          .read_only = mount.read_only,
                          .what = std::move(what),
                          .span = span});
  }

  VertexId take_input(VertexId tree) {
    inputs_.push_back(tree);
    return tree;
  }

  void add_bind(const Mount& mount, StageState* source, const SourceSpan& span) {
    VertexId from = source != nullptr ? files_of(*source, context_.vertices)
                                      : context_.vertices.local("context");
    place(mount.target, mount,
          BindMount{.from = take_input(from), .source = rooted_path(mount.source)}, span);
  }

  // A cache mount is identified by its id, which defaults to its target as written. All builds of
  // one store share it.
  void add_cache(const Mount& mount, StageState* source, const SourceSpan& span) {
    CacheMount cache{.id = mount.id.empty() ? clean_path(mount.target) : mount.id,
                     .id_is_target = mount.id.empty(),
                     .sharing = sharing_of(mount),
                     .from = {},
                     .source = rooted_path(mount.source),
                     .mode = mount.mode,
                     .uid = mount.uid,
                     .gid = mount.gid};
    // A namespace keeps the caches of several projects apart.
    auto space = context_.build_args.find("BUILDKIT_CACHE_MOUNT_NS");
    if (space != context_.build_args.end() && !space->second.empty()) {
      cache.id = space->second + "/" + cache.id;
    }
    if (source != nullptr) cache.from = take_input(files_of(*source, context_.vertices));
    place(mount.target, mount, std::move(cache), span);
  }

  static CacheSharing sharing_of(const Mount& mount) {
    if (mount.sharing == "private") return CacheSharing::kPrivate;
    if (mount.sharing == "locked") return CacheSharing::kLocked;
    return CacheSharing::kShared;
  }

  // With only env= there is no file; with env= and target= there are both.
  void add_secret(const Mount& mount, const SourceSpan& span) {
    // source= is an alias of id=; without both, the file name is the id.
    std::string id = !mount.source.empty() ? mount.source
                     : !mount.id.empty()   ? mount.id
                                           : last_component(mount.target);
    if (mount.env) {
      op_.secret_env.push_back(
          {.name = *mount.env, .id = id, .required = mount.required, .span = span});
      if (mount.target.empty()) return;
    }
    std::string target = mount.target.empty() ? "/run/secrets/" + last_component(id) : mount.target;
    place(target, mount,
          SecretMount{.id = id, .required = mount.required, .file = owner_and_mode(mount, 0400)},
          span);
  }

  // SSH_AUTH_SOCK names the first socket, whether an agent is connected or not.
  void add_ssh(const Mount& mount, const SourceSpan& span) {
    std::string target = mount.target;
    if (target.empty()) target = fmt::format("/run/buildkit/ssh_agent.{}", sockets_);
    place(target, mount,
          SshMount{.id = mount.id.empty() ? "default" : mount.id,
                   .required = mount.required,
                   .file = owner_and_mode(mount, 0600)},
          span);
    if (sockets_++ > 0 || context_.image().env.find("SSH_AUTH_SOCK")) return;
    op_.env.push_back("SSH_AUTH_SOCK=" + op_.mounts.back().target);
  }

  Lowering& context_;
  RunOp& op_;
  std::vector<VertexId>& inputs_;
  int sockets_ = 0;
};

}  // namespace

std::optional<VertexId> tree_of(const RunMount& mount) {
  if (const auto* bind = std::get_if<BindMount>(&mount.what)) return bind->from;
  if (const auto* cache = std::get_if<CacheMount>(&mount.what)) return cache->from;
  return std::nullopt;
}

void lower_mounts(const dockerfile::Run& run, Lowering& context, RunOp& op,
                  std::vector<VertexId>& inputs) {
  MountLowering lowering(context, op, inputs);
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    SourceSpan span = dockerfile::narrow(run.origin.span, run.mounts[i]);
    at_span(span, [&] {
      Mount mount = dockerfile::parse_mount(
          run.mounts[i], [&](std::string_view value) { return context.expand(value); });
      note_for_outline(mount, context);
      lowering.add(mount, context.sources.at(i), span);
    });
  }
  // A mount on /a must not cover one on /a/b, whatever their order in the line.
  std::ranges::stable_sort(op.mounts, {}, &RunMount::target);
}

}  // namespace cairn::plan
