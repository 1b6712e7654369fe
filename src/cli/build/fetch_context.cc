// SPDX-License-Identifier: Apache-2.0
//
// Each context becomes a plan of one to three vertices, which the ordinary solver runs. An archive
// behind a URL is unpacked by a COPY that unpacks, as ADD has it. Trees are read in the snapshot
// itself, which the LocalContext keeps alive.
#include "cli/build/fetch_context.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/sys/file.h"
#include "overlay/unpack.h"
#include "source/context_files.h"

namespace cairn::cli {
namespace {

plan::Plan plan_of(std::vector<plan::Vertex> vertices) {
  plan::Plan plan;
  for (plan::Vertex& vertex : vertices) plan.root = plan.vertices.add(std::move(vertex));
  return plan;
}

plan::Vertex vertex_of(plan::Op op, std::string name, std::vector<plan::VertexId> inputs = {}) {
  return {.op = std::move(op),
          .inputs = std::move(inputs),
          .name = std::move(name),
          .stage = {},
          .span = {}};
}

plan::Vertex download_of(const plan::HttpOp& op) {
  return vertex_of(op, "[internal] load remote build context " + op.url.redacted());
}

}  // namespace

// Owners count in a fetched tree: it was made for this build, not for a user of the host.
source::LocalContext SessionFetcher::solve(const plan::Plan& plan) {
  store::SnapshotId snapshot =
      solver::Solver(services_).solve(plan, session_.stop()).back().snapshot;
  std::shared_ptr<snapshots::SnapshotView> view = services_.snapshotter.view(snapshot);
  return {.name = {},
          .root = sys::RootDir(sys::duplicate(view->root().fd())),
          .filter = {},
          .keeps_owners = true,
          .alive = view};
}

source::ContextFetcher::Fetched SessionFetcher::fetch(const plan::GitOp& op) {
  std::string name = "[internal] load git source " + op.remote.redacted();
  if (!op.ref.empty()) name += "#" + op.ref;
  return {.files = solve(plan_of({vertex_of(op, std::move(name))}))};
}

source::ContextFetcher::Fetched SessionFetcher::fetch(const plan::HttpOp& op) {
  source::LocalContext lone = solve(plan_of({download_of(op)}));
  // Decided by content and not by the name of the URL, as in BuildKit.
  if (!overlay::looks_like_archive(lone.root.open_in(op.filename, O_RDONLY))) {
    return {.files = std::move(lone), .filename = op.filename};
  }
  plan::CopyOp unpack{.sources = {{.from = {0}, .path = "/" + op.filename, .unpack = true}},
                      .dest = "/"};
  return {.files = solve(plan_of(
              {download_of(op), vertex_of(plan::ScratchOp{}, "FROM scratch"),
               vertex_of(std::move(unpack), "[internal] unpack build context", {{1}, {0}})}))};
}

// The time of a remote source: a repository's commit time if asked for, a remote file's
// Last-Modified, or for an archive without one, its newest file.
std::optional<Timestamp> SessionFetcher::time_of(const plan::RemoteSource& source) {
  if (const auto* git = std::get_if<plan::GitOp>(&source)) {
    plan::GitOp dated = *git;
    dated.commit_time = true;
    return Timestamp{.seconds = sys::stat_of(fetch(dated).files.root.fd()).st_mtim.tv_sec};
  }
  const auto& op = std::get<plan::HttpOp>(source);
  source::LocalContext lone = solve(plan_of({download_of(op)}));
  sys::Fd file = lone.root.open_in(op.filename, O_RDONLY);
  std::int64_t modified = sys::stat_of(file).st_mtim.tv_sec;
  return modified != 0 ? Timestamp{.seconds = modified} : overlay::newest_file(file);
}

source::ContextFetcher::Fetched SessionFetcher::empty() {
  return {.files = source::empty_context(session_.store().tmp_dir())};
}

std::optional<source::ContextFetcher::Fetched> SessionFetcher::unpack(const sys::Fd& file) {
  if (!overlay::looks_like_archive(file)) return std::nullopt;
  ErrorContext while_here([] { return "unpacking the build context"; });
  session_.enter_namespaces();  // the archive may contain files of any owner
  Fetched fetched = empty();
  overlay::UnpackResult result = overlay::unpack_archive(
      file, fetched.files.root, "/", {.unmapped = services_.snapshotter.unmapped_owners()});
  if (result.lost_owners > 0) {
    session_.progress().send(progress::Warning{
        .vertex = {},
        .message =
            fmt::format("{} files of the build context belong to users that there are no ids "
                        "for here, and are root's now (--ignore-owners)",
                        result.lost_owners)});
  }
  return fetched;
}

oci::Reference SessionFetcher::add_layout(const std::string& name,
                                          const plan::LayoutContext& layout) {
  return services_.images.use_layout(name, layout);
}

sys::Fd SessionFetcher::spool(const sys::Fd& stream) {
  return source::spool(stream, session_.store().tmp_dir(), session_.stop());
}

}  // namespace cairn::cli
