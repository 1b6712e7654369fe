// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {

// An absolute path goes to the config and the history as it is written, "WORKDIR /root/" with its
// slash; a relative one is joined to the last and cleaned. WORKDIR / makes no layer.
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
    if (context.epoch) op.epoch = context.epoch->seconds;
    vertex = context.add_step(std::move(op), {}, context.step_text(workdir.origin.code, false),
                              workdir.origin.span);
  }
  context.record("WORKDIR " + path, vertex);
}

}  // namespace cairn::plan
