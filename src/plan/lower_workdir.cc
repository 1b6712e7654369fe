// SPDX-License-Identifier: Apache-2.0
//
// WORKDIR creates its directory at build time, so that it gets the owner and the layer that
// BuildKit gives it. The config keeps the path as text, and the op gets the cleaned path.
#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {

// An absolute path goes to the config and the history as written ("WORKDIR /root/" keeps its
// slash). A relative one is joined to the previous one and cleaned. WORKDIR / makes no layer.
void lower(const dockerfile::Workdir& workdir, Lowering& context) {
  oci::ImageConfig& config = context.image().config;
  std::string path = context.expand(workdir.path);
  if (!context.image().workdir_set && !path.starts_with('/')) {
    context.linter.report(dockerfile::rules::kWorkdirRelativePath, workdir.origin, go_quote(path));
  }
  context.image().workdir_set = true;
  if (!path.starts_with('/')) path = in_workdir(config, path);
  config.working_dir = path;
  std::optional<VertexId> vertex;
  if (path != "/") {
    WorkdirOp op{.path = rooted_path(path), .user = config.user};
    // Only then: without an epoch the key must not depend on it.
    if (context.epoch) op.epoch = whole_seconds(*context.epoch);
    vertex =
        context.add_step(std::move(op), {},
                         context.step_display_name(workdir.origin.code, Lowering::InNames::kWords),
                         workdir.origin.span);
  }
  context.record("WORKDIR " + path, vertex);
}

}  // namespace cairn::plan
