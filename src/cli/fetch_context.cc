// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch_context.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/sys/file.h"
#include "overlay/unpack.h"
#include "solver/workspace.h"

namespace cairn::cli {
namespace {

plan::Plan plan_of(std::vector<plan::Vertex> vertices) {
  plan::Plan plan;
  plan.vertices = std::move(vertices);
  plan.root = plan.vertices.size() - 1;
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
  return vertex_of(op, "[internal] load remote build context " + op.url);
}

}  // namespace

source::LocalContext SessionFetcher::solve(const plan::Plan& plan) {
  std::string snapshot = solver::Solver(shop_).solve(plan, session_.stop()).back().snapshot;
  auto view = std::make_shared<solver::View>(session_.store(), snapshot);
  return {.name = {},
          .root = sys::RootDir(sys::duplicate(view->root().fd())),
          .filter = {},
          .keeps_owners = true,
          .alive = view};
}

ContextFetcher::Fetched SessionFetcher::fetch(const plan::GitOp& op) {
  std::string name = "[internal] load git source " + op.remote;
  if (!op.ref.empty()) name += "#" + op.ref;
  return {.files = solve(plan_of({vertex_of(op, std::move(name))}))};
}

ContextFetcher::Fetched SessionFetcher::fetch(const plan::HttpOp& op) {
  source::LocalContext lone = solve(plan_of({download_of(op)}));
  if (!overlay::looks_like_archive(lone.root.open_in(op.filename, O_RDONLY))) {
    return {.files = std::move(lone), .filename = op.filename};
  }
  plan::CopyOp unpack{.sources = {{.from = 0, .path = "/" + op.filename, .unpack = true}},
                      .dest = "/",
                      .is_add = true};
  return {.files = solve(
              plan_of({download_of(op), vertex_of(plan::ScratchOp{}, "FROM scratch"),
                       vertex_of(std::move(unpack), "[internal] unpack build context", {1, 0})}))};
}

// Files of a repository are dated by its commit when they are asked to be, and a file of the web by
// its Last-Modified, or 1970 without one.
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

ContextFetcher::Fetched SessionFetcher::empty() {
  auto dir = std::make_shared<sys::TempDir>(session_.store().tmp_dir(), "context-");
  return {.files = {.name = {},
                    .root = sys::RootDir::open(dir->path()),
                    .filter = {},
                    .keeps_owners = true,
                    .alive = dir}};
}

ContextFetcher::Fetched SessionFetcher::unpack(const sys::Fd& archive) {
  ErrorContext while_here([] { return "unpacking the build context"; });
  session_.enter();  // files of any owner
  Fetched fetched = empty();
  overlay::unpack_archive(archive, fetched.files.root, "/", std::nullopt);
  return fetched;
}

oci::Reference SessionFetcher::add_layout(const std::string& name,
                                          const plan::LayoutContext& layout) {
  source::ImageLayout images(layout.directory);
  oci::Reference reference = oci::Reference::find(name.substr(0, name.find("::")))
                                 .value_or(oci::Reference::parse("layout"));
  reference.tag.clear();
  reference.digest = images.find(layout.tag, layout.digest).digest;
  shop_.images.use_layout(reference, std::move(images));
  return reference;
}

sys::Fd SessionFetcher::spool(const sys::Fd& stream) {
  if (S_ISREG(sys::stat_of(stream).st_mode)) return sys::duplicate(stream);
  sys::Fd file = sys::open_path(session_.store().tmp_dir(), O_TMPFILE | O_RDWR, 0600);
  sys::FdSource source(stream);
  sys::FdSink sink(file);
  copy_all(source, sink);
  sys::rewind(file);
  return file;
}

}  // namespace cairn::cli
