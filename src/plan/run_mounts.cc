// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount: bind and cache. A cache mount is found again by its id, which is its target as
// written unless the line gives one; it is shared by all builds of one store.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/mount.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

CacheSharing sharing_of(const dockerfile::Mount& mount) {
  if (mount.sharing == "private") return CacheSharing::kPrivate;
  if (mount.sharing == "locked") return CacheSharing::kLocked;
  return CacheSharing::kShared;
}

std::string cache_id(const dockerfile::Mount& mount, const Lowering& context) {
  std::string id = mount.id.empty() ? clean_path(mount.target) : mount.id;
  auto space = context.build_args.find("BUILDKIT_CACHE_MOUNT_NS");
  return space == context.build_args.end() || space->second.empty() ? id : space->second + "/" + id;
}

RunMount lower_mount(const dockerfile::Mount& mount, StageState* source, Lowering& context) {
  using dockerfile::MountType;
  RunMount out;
  bool is_cache = mount.type == MountType::kCache;
  out.kind = is_cache ? MountKind::kCache : MountKind::kBind;
  if (source != nullptr) {
    out.from = files_of(*source, context.vertices);
  } else if (!is_cache) {
    out.from = context.vertices.local("context");
  }
  out.source = rooted_path(mount.source);
  out.target = in_workdir(context.image().config, mount.target);
  if (out.target == "/") {
    throw Error::of(ErrorKind::kDockerfile, "invalid mount target {}", go_quote(out.target));
  }
  out.read_only = mount.read_only;
  if (is_cache) out.cache_id = cache_id(mount, context);
  out.sharing = sharing_of(mount);
  out.mode = mount.mode.value_or(0755);
  out.uid = mount.uid.value_or(0);
  out.gid = mount.gid.value_or(0);
  return out;
}

}  // namespace

std::vector<RunMount> lower_mounts(const dockerfile::Run& run, Lowering& context,
                                   std::vector<VertexId>& inputs) {
  std::vector<RunMount> out;
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    SourceSpan span = dockerfile::narrow(run.origin.span, run.mounts[i]);
    try {
      dockerfile::Mount mount = dockerfile::parse_mount(
          run.mounts[i], [&](std::string_view value) { return context.expand(value); });
      note_for_outline(mount, context);
      if (mount.type != dockerfile::MountType::kBind &&
          mount.type != dockerfile::MountType::kCache) {
        not_supported_yet(fmt::format("RUN --mount=type={}", dockerfile::name_of(mount.type)),
                          span);
      }
      out.push_back(lower_mount(mount, context.sources.at(i), context));
    } catch (Error& error) {
      error.set_span_if_none(span);
      throw;
    }
    if (out.back().from) inputs.push_back(*out.back().from);
  }
  return out;
}

}  // namespace cairn::plan
