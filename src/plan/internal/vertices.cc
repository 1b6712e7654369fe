// SPDX-License-Identifier: Apache-2.0
#include "plan/internal/vertices.h"

#include <fmt/format.h>

#include "base/error.h"

namespace cairn::plan {

VertexId Vertices::add(Vertex vertex) {
  for (VertexId input : vertex.inputs) {
    CAIRN_ASSERT(input < vertices_.size(), "the input of a vertex comes before it");
  }
  vertices_.push_back(std::move(vertex));
  return vertices_.size() - 1;
}

// The vertex of a source, made when it is first asked for.
VertexId Vertices::source(const std::string& key, Op op, std::string name, const SourceSpan& span) {
  auto [where, is_new] = sources_.try_emplace(key);
  if (is_new) {
    where->second = add(
        {.op = std::move(op), .inputs = {}, .name = std::move(name), .stage = {}, .span = span});
  }
  return where->second;
}

VertexId Vertices::scratch() {
  return source("scratch", ScratchOp{}, "FROM scratch", {});
}

VertexId Vertices::local(const std::string& name) {
  return source("local " + name, LocalOp{.name = name},
                name == "context" ? "[internal] load build context"
                                  : fmt::format("[context {}] load from client", name),
                {});
}

VertexId Vertices::http(HttpOp op, const SourceSpan& span) {
  std::string sum = op.checksum ? op.checksum->str() : "";
  std::string key = fmt::format("http {} {} {}", op.url, op.filename, sum);
  std::string name = "[internal] load remote file " + op.url;
  return source(key, std::move(op), std::move(name), span);
}

VertexId Vertices::git(GitOp op, const SourceSpan& span) {
  std::string name = "[internal] load git source " + op.remote;
  if (!op.ref.empty()) name += "#" + op.ref;
  std::string key =
      fmt::format("git {} {}:{} {} {}{}{}{}", op.remote, op.ref, op.subdir, op.checksum,
                  op.keep_git_dir, op.submodules, op.commit_time, op.fetch_by_commit);
  return source(key, std::move(op), std::move(name), span);
}

VertexId Vertices::image(ImageOp op, std::string name, const SourceSpan& span) {
  std::string key = fmt::format("image {} {}", op.manifest.str(), op.platform.str());
  return source(key, std::move(op), std::move(name), span);
}

}  // namespace cairn::plan
